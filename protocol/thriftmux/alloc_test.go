package thriftmux

import "testing"

func TestParsingAllocatesNothing(t *testing.T) {
	b := frameOf(t, "tdispatch-all-contexts")
	n := testing.AllocsPerRun(100, func() {
		f, size, err := ParseFrame(b, 0)
		if err != nil || size == 0 {
			t.Error(err)
		}
		q, err := ParseTdispatch(f.Body, Limits{})
		if err != nil {
			t.Error(err)
		}
		known := 0
		for key, value := range q.Contexts.All {
			switch string(key) {
			case TraceKey:
				if _, ok := ParseTrace(value); ok {
					known++
				}
			case DeadlineKey:
				if _, ok := ParseDeadline(value); ok {
					known++
				}
			}
		}
		if known != 2 {
			t.Errorf("%d contexts known", known)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAppendingAllocatesNothing(t *testing.T) {
	dst, scratch := make([]byte, 0, 1<<10), make([]byte, 0, 1<<10)
	payload := []byte("payload")
	trace := Trace{Span: 1, Parent: 1, ID: 1}
	n := testing.AllocsPerRun(100, func() {
		out, mark := BeginFrame(dst, Rdispatch, 7)
		out = AppendRdispatch(out, Response{Payload: payload})
		EndFrame(out, mark)

		contexts := PairsOn(scratch)
		var value [40]byte
		if err := AddPair(&contexts, TraceKey, trace.Append(value[:0])); err != nil {
			t.Error(err)
		}
		out, mark = BeginFrame(out, Tdispatch, 8)
		out = AppendTdispatch(out, Request{Contexts: contexts, Payload: payload})
		EndFrame(out, mark)

		s := Split(Tdispatch, 9, payload, 3)
		for more := true; more; {
			out, more = s.Next(out)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
