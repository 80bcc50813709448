package wire

import (
	"bytes"
	"testing"
)

// The vectors have no escaped name, which is the one thing that is copied.
func TestReadingTakesNoMemory(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed", "framed") {
		b := v.bytes
		p, _ := v.form(t)
		if v.Transport == "framed" {
			b = b[FrameHeaderSize:]
		}
		var m MessageReader
		m.Reset(p, Limits{})
		var s Skipper
		allocates(t, v.title(), func() {
			h, err := ParseHeader(p, b, 0)
			if err != nil {
				t.Fatal(err)
			}
			body, err := Body(p, b[h.Size:])
			if err != nil {
				t.Fatal(err)
			}
			service, method := SplitName(h.Name)
			s.Reset(p, Limits{})
			n, err := s.Skip(body)
			_, _, whole, readErr := m.Next(b)
			if n != len(body) || err != nil || whole != len(b) || readErr != nil || len(service)+len(method) > len(h.Name) {
				t.Fatalf("%d, %v; %d, %v", n, err, whole, readErr)
			}
			Failed(p, body)
		})
	}
}

func TestSkippingDeepStructsTakesNoMemory(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		b := nested(p, DefaultDepth)
		allocates(t, p.String(), func() {
			var s Skipper
			s.Reset(p, Limits{})
			if n, err := s.Skip(b); n != len(b) || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		})
	}
}

func TestSniffingTakesNoMemory(t *testing.T) {
	for _, v := range append(thriftVectors(t), readVectors(t, "testdata/thriftmux-vectors.json")...) {
		if _, _, err := Sniff(v.bytes, Limits{}); err != nil {
			continue // an error is memory
		}
		allocates(t, v.title(), func() { Sniff(v.bytes, Limits{}) })
	}
	allocates(t, "Guess", func() { Guess([]byte("printable text")) })
}

func TestWritingIntoRoomTakesNoMemory(t *testing.T) {
	buf := make([]byte, 0, 1024)
	name := []byte("FooApi:echo")
	for _, p := range []Protocol{Binary, Compact, JSON} {
		allocates(t, p.String(), func() {
			b, mark := BeginFrame(buf)
			b = AppendHeader(b, p, Reply, name, -7)
			b = AppendEnd(b, p)
			EndFrame(b, mark)
			AppendException(buf, p, "echo", 7, 1, "no such method")
			AppendName(buf, "FooApi", name)
		})
		message := append(bytes.Repeat([]byte{0}, 32), AppendHeader(nil, p, Call, name, 1)...)
		h, err := ParseHeader(p, message[32:], 0)
		if err != nil {
			t.Fatal(err)
		}
		allocates(t, p.String(), func() {
			start, err := Rewrite(message, 32, h, "RenamedApi:echo", 1<<20)
			if err != nil || start >= 32 {
				t.Fatalf("start %d, %v", start, err)
			}
		})
	}
}

func allocates(t *testing.T, what string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(20, f); n != 0 {
		t.Errorf("%s: %v allocations", what, n)
	}
}
