package wire

import (
	"fmt"
	"io"
)

// Kind says in which way bytes are broken.
type Kind byte

// The kinds of an [Error].
const (
	Malformed Kind = iota // no sender that keeps to the format writes this
	TooLarge              // a size, count or depth over a limit
	Truncated             // input that was said to be complete ends too early
	Trailing              // input that was said to be one struct goes on behind it
)

// ErrTruncated is what an [*Error] of the kind [Truncated] unwraps to; it
// wraps [io.ErrUnexpectedEOF] in turn.
var ErrTruncated = fmt.Errorf("wire: input ends too early: %w", io.ErrUnexpectedEOF)

// Error reports bytes that cannot be read. Unless a frame tells, it is no longer
// known where one message ends and the next begins.
type Error struct {
	Kind   Kind
	What   string // Malformed: the item and what is wrong with it; else the item
	Offset int    // of the first byte of the item, from the first byte that was handed in
	Seen   int64  // the value found, 0 if it is no number; Trailing: how many bytes are left
	Limit  int64  // the limit that Seen exceeds; 0 unless TooLarge
}

// Error tells what was seen, where, and the limit if there was one.
func (e *Error) Error() string {
	switch e.Kind {
	case TooLarge:
		return fmt.Sprintf("wire: %s %d at byte %d is over the limit of %d", e.What, e.Seen, e.Offset, e.Limit)
	case Truncated:
		return fmt.Sprintf("wire: input ends too early, inside %s at byte %d", e.What, e.Offset)
	case Trailing:
		return fmt.Sprintf("wire: %d bytes behind %s, which ends at byte %d", e.Seen, e.What, e.Offset)
	}
	return fmt.Sprintf("wire: %s at byte %d", e.What, e.Offset)
}

// Unwrap returns [ErrTruncated] for the kind [Truncated], else nil.
func (e *Error) Unwrap() error {
	if e.Kind == Truncated {
		return ErrTruncated
	}
	return nil
}

// TooLarge reports whether the bytes may be well formed but exceed a limit.
func (e *Error) TooLarge() bool { return e.Kind == TooLarge }

func malformed(offset int, seen int64, format string, args ...any) error {
	return &Error{Kind: Malformed, What: fmt.Sprintf(format, args...), Offset: offset, Seen: seen}
}

func tooLarge(what string, offset int, seen, limit int64) error {
	return &Error{Kind: TooLarge, What: what, Offset: offset, Seen: seen, Limit: limit}
}

func truncated(what string, offset int) error {
	return &Error{Kind: Truncated, What: what, Offset: offset}
}
