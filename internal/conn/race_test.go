//go:build race

package conn

// raceEnabled: the race detector empties pools at random.
const raceEnabled = true
