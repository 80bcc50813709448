package wire

import (
	"bytes"
	"testing"
)

func TestGoldenHeaders(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed") {
		t.Run(v.title(), func(t *testing.T) {
			p, old := v.form(t)
			h, err := ParseHeader(p, v.bytes, 0)
			if err != nil {
				t.Fatal(err)
			}
			if h.Protocol != p || h.Old != old || h.Type != v.messageType(t) || h.SeqID != v.SeqID || string(h.Name) != v.Method {
				t.Errorf("parsed %+v with name %q", h, h.Name)
			}
			var written []byte
			if old {
				written = AppendOldHeader(nil, h.Type, v.Method, v.SeqID)
			} else {
				written = AppendHeader(nil, p, h.Type, v.Method, v.SeqID)
			}
			if !bytes.Equal(written, v.bytes[:h.Size]) {
				t.Errorf("wrote %x, not %x", written, v.bytes[:h.Size])
			}
			if n := HeaderLen(p, old, v.Method, v.SeqID); n != h.Size {
				t.Errorf("HeaderLen %d, not %d", n, h.Size)
			}
			for n := range h.Size {
				if h, err := ParseHeader(p, v.bytes[:n:n], 0); h.Size != 0 || err != nil {
					t.Errorf("%d bytes: size %d, %v", n, h.Size, err)
				}
			}
		})
	}
}

func TestGoldenMessages(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed") {
		t.Run(v.title(), func(t *testing.T) {
			p, _ := v.form(t)
			var m MessageReader
			m.Reset(p, Limits{})
			two := append(bytes.Clone(v.bytes), v.bytes...)
			for range 2 {
				h, end, n, err := m.Next(two)
				if err != nil || n != len(v.bytes) || h.SeqID != v.SeqID {
					t.Fatalf("read %d bytes, %v; want %d", n, err, len(v.bytes))
				}
				body, err := Body(p, v.bytes[h.Size:])
				if err != nil || !bytes.Equal(body, two[h.Size:end]) {
					t.Fatalf("body %x, %v; want %x", two[h.Size:end], err, body)
				}
				two = two[n:]
			}
			for n := range v.bytes {
				piece := bytes.Clone(v.bytes[:n])
				if h, _, n, err := m.Next(piece); n != 0 || err != nil || h.Size > len(piece) {
					t.Fatalf("%d bytes: n %d, %v", len(piece), n, err)
				}
			}
			if h, _, n, err := m.Next(v.bytes); n != len(v.bytes) || err != nil || string(h.Name) != v.Method {
				t.Fatalf("after pieces: n %d, name %q, %v", n, h.Name, err)
			}
		})
	}
}

func TestGoldenFrames(t *testing.T) {
	for _, v := range thriftVectors(t, "framed") {
		t.Run(v.title(), func(t *testing.T) {
			if n, err := FrameSize(v.bytes, 0); n != len(v.bytes) || err != nil {
				t.Errorf("FrameSize %d, %v; want %d", n, err, len(v.bytes))
			}
			message := v.bytes[FrameHeaderSize:]
			frame, mark := BeginFrame([]byte("before"))
			frame = append(frame, message...)
			EndFrame(frame, mark)
			if !bytes.Equal(frame[len("before"):], v.bytes) {
				t.Errorf("framed %x, not %x", frame, v.bytes)
			}
			if b := append(AppendFrameHeader(nil, len(message)), message...); !bytes.Equal(b, v.bytes) {
				t.Errorf("framed %x, not %x", b, v.bytes)
			}
			for n := range FrameHeaderSize {
				if size, err := FrameSize(v.bytes[:n], 0); size != 0 || err != nil {
					t.Errorf("%d bytes: %d, %v", n, size, err)
				}
			}
		})
	}
}

func TestGoldenExceptions(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed") {
		if v.Type != "exception" {
			continue
		}
		t.Run(v.title(), func(t *testing.T) {
			p, old := v.form(t)
			h, err := ParseHeader(p, v.bytes, 0)
			if err != nil {
				t.Fatal(err)
			}
			body, err := Body(p, v.bytes[h.Size:])
			if err != nil {
				t.Fatal(err)
			}
			code, text, err := ParseException(p, body)
			if code != 1 || text != "no such method" || err != nil {
				t.Errorf("parsed %d, %q, %v", code, text, err)
			}
			if b := AppendExceptionBody(nil, p, 1, "no such method"); !bytes.Equal(b, body) {
				t.Errorf("wrote %q, not %q", b, body)
			}
			if b := AppendException(nil, p, v.Method, v.SeqID, 1, "no such method"); !old && !bytes.Equal(b, v.bytes) {
				t.Errorf("wrote %q, not %q", b, v.bytes)
			}
			for n := range body {
				if code, text, err := ParseException(p, body[:n]); err == nil {
					t.Errorf("%d bytes: parsed %d, %q", n, code, text)
				}
			}
		})
	}
}

func TestGoldenReplies(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed") {
		if v.Type != "reply" {
			continue
		}
		t.Run(v.title(), func(t *testing.T) {
			p, _ := v.form(t)
			h, err := ParseHeader(p, v.bytes, 0)
			if err != nil {
				t.Fatal(err)
			}
			if id, ok := FirstField(p, v.bytes[h.Size:]); id != 0 || !ok || Failed(p, v.bytes[h.Size:]) {
				t.Errorf("first field %d, %t", id, ok)
			}
		})
	}
}
