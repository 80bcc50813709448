package theader

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestVectorsParse(t *testing.T) {
	vs := readVectors(t)
	plain := plainPayloads(t, vs)
	for _, v := range vs {
		t.Run(v.Protocol+"/"+v.Name, func(t *testing.T) {
			frame := v.bytes(t)
			h, payload, err := Parse(frame[lengthSize:], Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if h.SeqID != v.SeqID || h.Flags != 0 || h.Protocol != v.wire() || h.Zlib != v.zlib() {
				t.Errorf("header %+v", h)
			}
			if h.Size+len(payload) != len(frame)-lengthSize {
				t.Errorf("Size %d and a payload of %d bytes, frame %d", h.Size, len(payload), len(frame))
			}
			if want := v.info(); (h.Info.Len() == 1) != want {
				t.Errorf("%d pairs, want some: %v", h.Info.Len(), want)
			}
			if v.zlib() {
				if payload, err = Inflate(nil, payload, 1<<20); err != nil {
					t.Fatal(err)
				}
			}
			if want := plain[v.plain()]; !bytes.Equal(payload, want) || want == nil {
				t.Errorf("payload %x, want %x", payload, want)
			}
		})
	}
}

func TestVectorsPairs(t *testing.T) {
	want := map[string]string{"header-socket-go-header": "x-runtime=go", "header-socket-py-header": "x-runtime=py"}
	for _, v := range readVectors(t) {
		if !v.info() {
			continue
		}
		h, _, err := Parse(v.bytes(t)[lengthSize:], Limits{})
		if err != nil {
			t.Fatal(err)
		}
		exp, ok := want[strings.TrimSuffix(v.Name, "c")]
		if !ok {
			exp = "trace=abc"
		}
		if got := pairs(&h.Info); got != exp {
			t.Errorf("%s: pairs %q, want %q", v.Name, got, exp)
		}
	}
}

func pairs(i *Info) string {
	var s []string
	for k, v := range i.All {
		s = append(s, fmt.Sprintf("%s=%s", k, v))
	}
	return strings.Join(s, " ")
}

func TestVectorsAppend(t *testing.T) {
	vs := readVectors(t)
	plain := plainPayloads(t, vs)
	for _, v := range vs {
		t.Run(v.Protocol+"/"+v.Name, func(t *testing.T) {
			frame := v.bytes(t)
			h, _, err := Parse(frame[lengthSize:], Limits{})
			if err != nil {
				t.Fatal(err)
			}
			payload := plain[v.plain()]
			relayed, err := Append([]byte("before"), h, payload)
			if err != nil {
				t.Fatal(err)
			}
			sameFrame(t, relayed[len("before"):], frame, payload)

			w := Begin(nil, Header{SeqID: h.SeqID, Protocol: h.Protocol, Zlib: h.Zlib})
			for key, value := range h.Info.All {
				w.Pair(string(key), string(value))
			}
			buf, err := w.Payload()
			if err != nil {
				t.Fatal(err)
			}
			built, err := w.End(append(buf, payload...))
			if err != nil {
				t.Fatal(err)
			}
			sameFrame(t, built, frame, payload)
		})
	}
}

// sameFrame wants got to be want byte for byte, or up to the payload and by content
// where that is compressed.
func sameFrame(t *testing.T, got, want, plain []byte) {
	t.Helper()
	h, payload, err := Parse(got[lengthSize:], Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !h.Zlib {
		if !bytes.Equal(got, want) {
			t.Errorf("frame %x, want %x", got, want)
		}
		return
	}
	if head := lengthSize + h.Size; !bytes.Equal(got[lengthSize:head], want[lengthSize:head]) {
		t.Errorf("header %x, want %x", got[:head], want[:head])
	}
	if n := len(got) - lengthSize; int(got[2])<<8|int(got[3]) != n {
		t.Errorf("length word %x, frame of %d bytes", got[:4], n)
	}
	out, err := Inflate(nil, payload, len(plain))
	if err != nil || !bytes.Equal(out, plain) {
		t.Errorf("payload %x (%v), want %x", out, err, plain)
	}
}
