package thriftmux

import (
	"bytes"
	"math"
	"testing"
	"time"
)

func contextOf(t *testing.T, vector, key string) []byte {
	t.Helper()
	q, err := ParseTdispatch(bodyOf(t, vector), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	value, ok := q.Contexts.Get(key)
	if !ok {
		t.Fatalf("%s has no %s", vector, key)
	}
	return value
}

func TestTraceVectors(t *testing.T) {
	for _, tt := range []struct {
		vector         string
		want           Trace
		root           bool
		sampled, known bool
	}{
		{"tdispatch-minimal-contexts", Trace{Span: 0x11a7a3768fcab1b3, Parent: 0x11a7a3768fcab1b3, ID: 0x11a7a3768fcab1b3}, true, false, false},
		{"tdispatch-all-contexts", Trace{Span: 0x768dc9d806ab3f50, Parent: 0x3333333333333333, ID: 0x1111111111111111, Flags: 6}, false, true, true},
		{"tdispatch-trace-128", Trace{Span: 0x485cbc819e0f63ae, Parent: 0x3333333333333333, ID: 0x1111111111111111, Flags: 6, High: 0x4444444444444444}, false, true, true},
		{"tdispatch-retry-1", Trace{Span: 0x42304c882b4ce7c4, Parent: 0xce92c5921ef0ea7d, ID: 0xce92c5921ef0ea7d}, false, false, false},
	} {
		value := contextOf(t, tt.vector, TraceKey)
		got, ok := ParseTrace(value)
		if !ok || got != tt.want || got.Root() != tt.root {
			t.Errorf("%s: %+v, %v", tt.vector, got, ok)
		}
		if sampled, known := got.Sampled(); sampled != tt.sampled || known != tt.known {
			t.Errorf("%s: sampled %v, known %v", tt.vector, sampled, known)
		}
		if again := got.Append(nil); !bytes.Equal(again, value) {
			t.Errorf("%s: written as %x, want %x", tt.vector, again, value)
		}
	}
}

func TestTraceFlagsAndChild(t *testing.T) {
	if sampled, known := (Trace{Flags: FlagSampled}).Sampled(); sampled || known {
		t.Error("sampled without the decision being known")
	}
	root := Trace{Span: 7, Parent: 7, ID: 7, High: 9, Flags: FlagDebug}
	if got, want := root.Child(8), (Trace{Span: 8, Parent: 7, ID: 7, High: 9, Flags: FlagDebug}); got != want || got.Root() {
		t.Errorf("child %+v", got)
	}
}

func TestContextsOfWrongLength(t *testing.T) {
	for n := range 64 {
		b := make([]byte, n)
		if _, ok := ParseTrace(b); ok != (n == 32 || n == 40) {
			t.Errorf("a trace of %d bytes: %v", n, ok)
		}
		if _, ok := ParseDeadline(b); ok != (n == 16) {
			t.Errorf("a deadline of %d bytes: %v", n, ok)
		}
		if _, ok := ParseRetries(b); ok != (n == 4) {
			t.Errorf("retries of %d bytes: %v", n, ok)
		}
	}
}

func TestDeadlineVector(t *testing.T) {
	value := contextOf(t, "tdispatch-all-contexts", DeadlineKey)
	d, ok := ParseDeadline(value)
	if !ok || d.Timestamp.UnixNano() != 1795327854123000000 || d.Deadline.Sub(d.Timestamp) != 1500*time.Millisecond {
		t.Errorf("%+v, %v", d, ok)
	}
	if again := d.Append(nil); !bytes.Equal(again, value) {
		t.Errorf("written as %x, want %x", again, value)
	}
}

func TestDeadlineOutOfRange(t *testing.T) {
	d := Deadline{Timestamp: time.Time{}, Deadline: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}
	got, ok := ParseDeadline(d.Append(nil))
	if !ok || got.Timestamp.UnixNano() != math.MinInt64 || got.Deadline.UnixNano() != math.MaxInt64 {
		t.Errorf("%+v, %v", got, ok)
	}
}

func TestDeadlineCombine(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	a, b := Deadline{at(1), at(10)}, Deadline{at(2), at(20)}
	want := Deadline{at(2), at(10)}
	if a.Combine(b) != want || b.Combine(a) != want {
		t.Errorf("%v, %v", a.Combine(b), b.Combine(a))
	}
}

func TestDeadlineAt(t *testing.T) {
	set := time.Unix(1000, 0)
	d := Deadline{Timestamp: set, Deadline: set.Add(3 * time.Second)}
	for _, tt := range []struct {
		name      string
		now, want time.Duration // since set
	}{
		{"same clock", 0, 3 * time.Second},
		{"on the way for just a second", time.Second, 3 * time.Second},
		{"our clock is ahead", time.Minute, time.Minute + 3*time.Second},
		{"our clock is behind", -time.Minute, 3*time.Second - time.Minute},
	} {
		if got := d.At(set.Add(tt.now)).Sub(set); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestDeadlineLeft: it is what At says, whatever the instants.
func TestDeadlineLeft(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	at := now.UnixNano()
	second := int64(time.Second)
	instants := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, at - second - 1, at - second, at, at + 1, at + second, at + second + 1, math.MaxInt64}
	for _, timestamp := range instants {
		for _, deadline := range instants {
			d := Deadline{Timestamp: time.Unix(0, timestamp), Deadline: time.Unix(0, deadline)}
			left, ok := DeadlineLeft(d.Append(nil), now)
			if want := d.At(now).Sub(now); !ok || left != want {
				t.Errorf("from %d to %d: %v, %v, want %v", timestamp, deadline, left, ok, want)
			}
		}
	}
	if _, ok := DeadlineLeft(make([]byte, 15), now); ok {
		t.Error("15 bytes were taken")
	}
}

func TestRetriesVector(t *testing.T) {
	value := contextOf(t, "tdispatch-retry-1", RetriesKey)
	if n, ok := ParseRetries(value); !ok || n != 1 {
		t.Errorf("%d, %v", n, ok)
	}
	if got := AppendRetries(nil, 1); !bytes.Equal(got, value) {
		t.Errorf("written as %x", got)
	}
}

func TestHeadersVectors(t *testing.T) {
	request, ok := ParseHeaders(contextOf(t, "tdispatch-all-contexts", RequestHeadersKey))
	if v, _ := request.Get("app-key"); !ok || request.Len() != 1 || string(v) != "app-value" {
		t.Errorf("request headers %q, %v", request.Bytes(), ok)
	}
	s, err := ParseRdispatch(bodyOf(t, "rdispatch-ok-response-headers"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	value, _ := s.Contexts.Get(ResponseHeadersKey)
	if response, ok := ParseHeaders(value); !ok || response.Len() != 1 {
		t.Errorf("response headers %q", value)
	}
	var made Pairs
	if err := AddPair(&made, "rk", "rv"); err != nil || !bytes.Equal(made.Bytes(), value) {
		t.Errorf("written as %x, %v", made.Bytes(), err)
	}
	for n := 1; n < len(value); n++ {
		if _, ok := ParseHeaders(value[:n]); ok {
			t.Errorf("headers cut to %d are taken", n)
		}
	}
}

func TestClientIDVector(t *testing.T) {
	if id := contextOf(t, "tdispatch-all-contexts", ClientIDKey); string(id) != "lab.client" {
		t.Errorf("client id %q", id)
	}
}

func TestPairsGetTakesTheLast(t *testing.T) {
	p := PairsOn(make([]byte, 3, 64))
	for _, v := range []string{"old", "new"} {
		if err := AddPair(&p, "key", v); err != nil {
			t.Fatal(err)
		}
	}
	if v, ok := p.Get("key"); !ok || string(v) != "new" {
		t.Errorf("%q, %v", v, ok)
	}
	if _, ok := p.Get("other"); ok {
		t.Error("a key that is not there")
	}
	for range p.All {
		break
	}
}
