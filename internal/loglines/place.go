package loglines

import "bytes"

// Place returns the file and line where a panic began, found in the stack of its
// goroutine as runtime/debug.Stack prints it, or "" if the stack shows no panic.
// All panics of one place are of one kind, whatever their values are: strangers can
// make up values, but not places.
func Place(stack []byte) string {
	// Of a panic that was caught and raised again, the innermost is printed last.
	i := bytes.LastIndex(stack, []byte("\npanic("))
	if i < 0 {
		return ""
	}
	lines := bytes.Split(stack[i+1:], []byte("\n"))
	// A frame is two lines: the function with its arguments, and its place.
	for ; len(lines) >= 2; lines = lines[2:] {
		function, place := lines[0], bytes.TrimSpace(lines[1])
		if bytes.HasPrefix(function, []byte("panic(")) || bytes.HasPrefix(function, []byte("runtime.")) {
			continue // of the runtime, which panics on behalf of what is below
		}
		if end := bytes.LastIndexByte(place, ' '); end > 0 {
			place = place[:end] // without " +0x1c"
		}
		return string(place)
	}
	return ""
}
