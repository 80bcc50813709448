package thriftmux

import (
	"bytes"
	"testing"
)

func FuzzParseFrame(f *testing.F) {
	for _, v := range readVectors(f) {
		f.Add(unhex(f, v.Hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, n, err := ParseFrame(b, 1<<16)
		if err != nil || n == 0 {
			if frame.Body != nil || n != 0 {
				t.Fatalf("a body beside %d, %v", n, err)
			}
			return
		}
		if n > 1<<16+4 || n > len(b) {
			t.Fatalf("size %d of %d", n, len(b))
		}
		if again := AppendFrame(nil, frame); !bytes.Equal(again, b[:n]) {
			t.Fatalf("%x became %x", b[:n], again)
		}
	})
}

// FuzzMessages reads a body as each message; what can be read must be written as
// the same bytes.
func FuzzMessages(f *testing.F) {
	for _, v := range muxVectors(f) {
		frame, _, err := ParseFrame(unhex(f, v.Hex), 0)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame.Body)
	}
	lim := Limits{Header: 1 << 12, Pairs: 64}
	f.Fuzz(func(t *testing.T, b []byte) {
		same := func(what string, again []byte) {
			if !bytes.Equal(again, b) {
				t.Fatalf("%s %x became %x", what, b, again)
			}
		}
		q, err := ParseTdispatch(b, lim)
		if contexts, payload, err2 := SplitTdispatch(b, lim); (err == nil) != (err2 == nil) || contexts.Len() != q.Contexts.Len() ||
			!bytes.Equal(contexts.Bytes(), q.Contexts.Bytes()) || !bytes.Equal(payload, q.Payload) {
			t.Fatalf("split into %x, %x, %v; parsed %+v, %v", contexts.Bytes(), payload, err2, q, err)
		}
		if err == nil {
			same("Tdispatch", AppendTdispatch(nil, q))
			if q.Contexts.Len() > 64 || len(b)-len(q.Payload) > 1<<12 {
				t.Fatalf("over the limits: %d contexts", q.Contexts.Len())
			}
			countPairs(t, q.Contexts)
			countPairs(t, q.Dtab)
		}
		if s, err := ParseRdispatch(b, lim); err == nil {
			same("Rdispatch", AppendRdispatch(nil, s))
			countPairs(t, s.Contexts)
			s.Resend()
		}
		if q, err := ParseTreq(b); err == nil {
			same("Treq", AppendTreq(nil, q))
			q.Trace()
		}
		if s, err := ParseRreq(b); err == nil {
			same("Rreq", AppendRreq(nil, s))
		}
		if i, err := ParseInit(b, lim); err == nil {
			same("Tinit", AppendInit(nil, i))
			_, _ = i.FrameLimit()
			i.TLS()
		}
		if d, err := ParseTdiscarded(b); err == nil {
			same("Tdiscarded", AppendTdiscarded(nil, d.Tag, d.Why)[FrameOverhead:])
		}
		_, _ = ParseTlease(b)
		if h, ok := ParseHeaders(b); ok {
			countPairs(t, h)
		}
		if d, ok := ParseDeadline(b); ok {
			same("deadline", d.Append(nil))
		}
	})
}

func countPairs(t *testing.T, p Pairs) {
	n := 0
	for range p.All {
		n++
	}
	if n != p.Len() {
		t.Fatalf("All gave %d pairs, Len says %d", n, p.Len())
	}
}

// FuzzAssembler runs the bytes as a program of frames and drops beside a plain
// model, then cuts what came out and joins it again.
func FuzzAssembler(f *testing.F) {
	f.Add([]byte("\x82ab\x83\x02c\x03\x40"))
	f.Add([]byte("\x82abc\x82def\x02\x82ghi\x42"))
	f.Add([]byte("\x82ab\xc2\x22\x82"))
	f.Fuzz(func(t *testing.T, program []byte) {
		a := Assembler{Message: 8, Stored: 12, Messages: 3}
		model := map[uint32]string{}
		for len(program) > 0 {
			op := program[0]
			size := min(int(op>>3&3), len(program)-1)
			body := program[1 : 1+size]
			program = program[1+size:]
			tag := uint32(op & 7)
			if op&0x40 != 0 {
				_, stored := model[tag]
				if a.Drop(tag) != stored {
					t.Fatalf("tag %d: stored %v", tag, stored)
				}
				delete(model, tag)
			} else {
				addToModel(t, &a, model, Frame{Type: Tdispatch, Tag: tag, More: op&0x80 != 0, Body: body})
			}
			checkModel(t, &a, model)
		}
	})
}

func addToModel(t *testing.T, a *Assembler, model map[uint32]string, f Frame) {
	want := model[f.Tag] + string(f.Body)
	body, done, err := a.Add(f)
	switch {
	case err != nil:
		delete(model, f.Tag)
	case done != !f.More:
		t.Fatalf("done %v for %+v", done, f)
	case done:
		if string(body) != want {
			t.Fatalf("%q, want %q", body, want)
		}
		delete(model, f.Tag)
		var joined []byte
		s := Split(f.Type, f.Tag, body, 3)
		for more := true; more; {
			var frame []byte
			frame, more = s.Next(nil)
			joined = append(joined, frame[FrameOverhead:]...)
		}
		if string(joined) != want {
			t.Fatalf("cut and joined: %q, want %q", joined, want)
		}
	default:
		model[f.Tag] = want
	}
}

func checkModel(t *testing.T, a *Assembler, model map[uint32]string) {
	size := 0
	for _, s := range model {
		if len(s) > a.Message {
			t.Fatalf("a message of %d bytes is stored", len(s))
		}
		size += len(s)
	}
	if a.Len() != len(model) || a.Size() != size || size > a.Stored || len(model) > a.Messages {
		t.Fatalf("%d messages of %d bytes, want %d of %d", a.Len(), a.Size(), len(model), size)
	}
}
