//go:build race

package server_test

// underRace says that the race detector runs, which takes memory of its own.
const underRace = true
