package server

import (
	"maps"
	"slices"
)

// Held returns how many calls and bytes s counts as held by its connections.
func Held(s *Server) (calls, bytes int64) { return s.load.calls.Load(), s.load.bytes.Load() }

// KeptNames returns the names that s remembers, sorted.
func KeptNames(s *Server) []string {
	return slices.Sorted(maps.Keys(s.names.at(s.names.generation()).names))
}

// Lost returns the bytes that connections of s counted when they had ended. At rest it
// is not 0 if what was counted was not given back by what held it.
func Lost(s *Server) int64 { return s.load.lost.Load() }
