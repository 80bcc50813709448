// Package text makes texts that strangers wrote fit for logs, metrics, traces and
// status messages. Names and texts on the wire are bytes. A sink wants UTF-8: one
// text that is not valid makes a Prometheus registry fail as a whole, and loses a
// whole batch of OpenTelemetry's spans.
package text

import (
	"strings"
	"unicode/utf8"
)

// The longest texts, in bytes.
const (
	maxLabel   = 256
	maxMessage = 4 << 10
)

// replacement replaces bytes that are not UTF-8.
const replacement = "\uFFFD"

// ellipsis ends a text that was cut.
const ellipsis = "…"

// Valid returns s with U+FFFD in the place of each run of bytes that are not
// UTF-8. It does not allocate if there are none.
func Valid(s string) string { return strings.ToValidUTF8(s, replacement) }

// Label returns s as a name for labels, attributes and log fields: valid UTF-8 of
// at most 256 bytes. A longer name is cut and ends in "…". It does not allocate if
// s is such a name already.
func Label(s string) string { return bounded(s, maxLabel) }

// Message returns s as a text for logs and status messages: valid UTF-8 of at most
// 4 KiB. A longer text is cut and ends in "…". It does not allocate if s is such a
// text already.
func Message(s string) string { return bounded(s, maxMessage) }

func bounded(s string, most int) string {
	if len(s) <= most && utf8.ValidString(s) {
		return s
	}
	long := len(s) > most
	if long {
		s = s[:most] // before it is mended, so that no work is done for what is cut off
	}
	if s = Valid(s); len(s) <= most && !long {
		return s
	}
	end := min(len(s), most-len(ellipsis)) // mending makes s longer or shorter
	for 0 < end && end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// Error returns the text of err as Message does, "" for nil. A method Error that
// panics, as one of a nil pointer may, is no reason to lose the line.
func Error(err error) (s string) {
	if err == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			s = "an error whose Error method panics"
		}
	}()
	return Message(err.Error())
}
