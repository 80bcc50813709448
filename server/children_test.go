//go:build !unix

package server_test

// children are what tests run in a process of its own: nothing on this system.
var children map[string]func() int
