package thriftmux

import (
	"encoding/binary"
	"math"
	"time"
)

// DeadlineKey is the context of a call's deadline.
const DeadlineKey = "com.twitter.finagle.Deadline"

// clockSkew is how far two clocks may be apart before Deadline.At distrusts them.
const clockSkew = time.Second

// Deadline is the value of a DeadlineKey context: timestamp:8 deadline:8, both in
// nanoseconds since 1970 ("Mux, contexts").
type Deadline struct {
	Timestamp time.Time // when the deadline was set, by the clock of who set it
	Deadline  time.Time // the instant by which the call must be done, by that clock
}

// ParseDeadline reads the value of a DeadlineKey context. ok is false for one of a
// wrong length, which is to be ignored.
func ParseDeadline(value []byte) (d Deadline, ok bool) {
	if len(value) != 16 {
		return Deadline{}, false
	}
	return Deadline{
		Timestamp: time.Unix(0, int64(binary.BigEndian.Uint64(value))),
		Deadline:  time.Unix(0, int64(binary.BigEndian.Uint64(value[8:]))),
	}, true
}

// Append appends the value of a DeadlineKey context. Instants that 64 bits of
// nanoseconds cannot hold become the nearest that they can.
func (d Deadline) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(nanos(d.Timestamp)))
	return binary.BigEndian.AppendUint64(dst, uint64(nanos(d.Deadline)))
}

func nanos(t time.Time) int64 {
	switch {
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	}
	return t.UnixNano()
}

// Combine joins two deadlines of one call: the later timestamp, the earlier deadline.
func (d Deadline) Combine(e Deadline) Deadline {
	if e.Timestamp.After(d.Timestamp) {
		d.Timestamp = e.Timestamp
	}
	if e.Deadline.Before(d.Deadline) {
		d.Deadline = e.Deadline
	}
	return d
}

// At gives the deadline by the clock that read now when the call arrived. If the
// sender's clock is more than a second away, the time it allowed counts from now; else
// its deadline holds as it is.
func (d Deadline) At(now time.Time) time.Time {
	if apart := now.Sub(d.Timestamp); apart > clockSkew || apart < -clockSkew {
		return now.Add(d.Deadline.Sub(d.Timestamp))
	}
	return d.Deadline
}

// DeadlineLeft reads the value of a DeadlineKey context, and returns how much time
// there is from now on, when the call arrives: what ParseDeadline and At say, in less
// time than they take. It is negative behind the deadline. ok is as that of
// ParseDeadline.
func DeadlineLeft(value []byte, now time.Time) (left time.Duration, ok bool) {
	if len(value) != 16 {
		return 0, false
	}
	timestamp, deadline := int64(binary.BigEndian.Uint64(value)), int64(binary.BigEndian.Uint64(value[8:]))
	at := now.UnixNano()
	if apart := minus(at, timestamp); apart > clockSkew || apart < -clockSkew {
		return minus(deadline, timestamp), true
	}
	return minus(deadline, at), true
}

// minus is a - b, or the nearest Duration.
func minus(a, b int64) time.Duration {
	d := a - b
	switch {
	case d < a == (b > 0):
		return time.Duration(d)
	case b > 0:
		return math.MinInt64
	}
	return math.MaxInt64
}
