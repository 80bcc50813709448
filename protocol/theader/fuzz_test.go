package theader

import (
	"bytes"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, v := range readVectors(f) {
		f.Add(v.bytes(f)[lengthSize:])
	}
	f.Add(frame("\x03\x02\x01\x05\x01\x02\x01a\x01b\x01c\x01d\x02\x00\x09"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := Parse(b, Limits{Header: 1 << 10, Pairs: 16})
		if err != nil {
			return
		}
		if h.Size > 1<<10+PreludeSize || h.Info.Len() > 16 {
			t.Fatalf("over the limits: %+v", h)
		}
		if h.Size+len(payload) != len(b) {
			t.Fatalf("Size %d and payload %d of %d bytes", h.Size, len(payload), len(b))
		}
		n := 0
		for range h.Info.All {
			n++
		}
		if n != h.Info.Len() {
			t.Fatalf("All gave %d pairs, Len says %d", n, h.Info.Len())
		}
		h.Zlib = false // the payload is written as it is
		again, err := Append(nil, h, payload)
		if err != nil {
			t.Fatal(err)
		}
		back, same, err := Parse(again[lengthSize:], Limits{})
		if err != nil || !bytes.Equal(same, payload) || pairs(&back.Info) != pairs(&h.Info) ||
			back.SeqID != h.SeqID || back.Flags != h.Flags || back.Protocol != h.Protocol {
			t.Fatalf("%+v became %+v, %v", h, back, err)
		}
	})
}

func FuzzInflate(f *testing.F) {
	const limit = 64 << 10
	for _, v := range readVectors(f) {
		if _, payload, err := Parse(v.bytes(f)[lengthSize:], Limits{}); err == nil && v.zlib() {
			f.Add(payload)
		}
	}
	f.Add(Deflate(nil, make([]byte, limit+1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := Inflate(nil, b, limit)
		if err != nil {
			if out != nil {
				t.Fatalf("%d bytes beside %v", len(out), err)
			}
			return
		}
		if len(out) > limit || cap(out) > 4*limit {
			t.Fatalf("%d bytes, capacity %d, limit %d", len(out), cap(out), limit)
		}
		back, err := Inflate(nil, Deflate(nil, out), limit)
		if err != nil || !bytes.Equal(back, out) {
			t.Fatalf("packed again: %v", err)
		}
	})
}
