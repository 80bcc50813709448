package thriftmux

import "encoding/binary"

// TraceKey is the context of a call's trace identity.
const TraceKey = "com.twitter.finagle.tracing.TraceContext"

// Flags of a Trace. Other bits hold a sample rate and the marks of other tracers:
// keep them as they came.
const (
	FlagDebug         uint64 = 1 << 0
	FlagSamplingKnown uint64 = 1 << 1 // the decision to sample or not is made
	FlagSampled       uint64 = 1 << 2 // means something only with FlagSamplingKnown
)

// Trace is the value of a TraceKey context: span:8 parent:8 trace:8 flags:8, and
// trace_high:8 for a trace id of 128 bits ("Mux, contexts").
type Trace struct {
	Span   uint64
	Parent uint64 // equal to Span in a root
	ID     uint64 // the trace id or its lower half
	Flags  uint64
	High   uint64 // the upper half of a 128-bit trace id, else 0
}

// ParseTrace reads the value of a TraceKey context. ok is false for one of a wrong
// length, which is to be ignored.
func ParseTrace(value []byte) (t Trace, ok bool) {
	if len(value) != 32 && len(value) != 40 {
		return Trace{}, false
	}
	t = Trace{
		Span:   binary.BigEndian.Uint64(value),
		Parent: binary.BigEndian.Uint64(value[8:]),
		ID:     binary.BigEndian.Uint64(value[16:]),
		Flags:  binary.BigEndian.Uint64(value[24:]),
	}
	if len(value) == 40 {
		t.High = binary.BigEndian.Uint64(value[32:])
	}
	return t, true
}

// Append appends the value of a TraceKey context: 40 bytes if High is not 0, else 32.
func (t Trace) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, t.Span)
	dst = binary.BigEndian.AppendUint64(dst, t.Parent)
	dst = binary.BigEndian.AppendUint64(dst, t.ID)
	dst = binary.BigEndian.AppendUint64(dst, t.Flags)
	if t.High != 0 {
		dst = binary.BigEndian.AppendUint64(dst, t.High)
	}
	return dst
}

// Root reports whether the span has no parent.
func (t Trace) Root() bool { return t.Span == t.Parent }

// Sampled gives the sampling decision; known is false while nobody has made one.
func (t Trace) Sampled() (sampled, known bool) {
	known = t.Flags&FlagSamplingKnown != 0
	return known && t.Flags&FlagSampled != 0, known
}

// Child is the identity of a call, or of one more attempt at it, made under t:
// the same trace and flags, a span of its own, and t's span as the parent.
func (t Trace) Child(span uint64) Trace {
	t.Parent, t.Span = t.Span, span
	return t
}
