package server

// Held returns how many calls and bytes s counts as held by its connections.
func Held(s *Server) (calls, bytes int64) { return s.load.calls.Load(), s.load.bytes.Load() }
