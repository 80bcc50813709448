package theader

import (
	"errors"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestWriterManyPairs(t *testing.T) {
	w := Begin(nil, Header{Protocol: wire.Compact})
	for range 200 {
		w.Pair("key", "value")
	}
	buf, err := w.Payload()
	if err != nil {
		t.Fatal(err)
	}
	if buf, err = w.End(append(buf, "body"...)); err != nil {
		t.Fatal(err)
	}
	h, payload, err := Parse(buf[lengthSize:], Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSpace(strings.Repeat("key=value ", 200)); pairs(&h.Info) != want {
		t.Errorf("pairs %q", pairs(&h.Info))
	}
	if string(payload) != "body" || h.Protocol != wire.Compact {
		t.Errorf("payload %q, header %+v", payload, h)
	}
}

func TestWriterProtocols(t *testing.T) {
	for given, want := range map[wire.Protocol]wire.Protocol{
		0: wire.Binary, wire.Binary: wire.Binary, wire.Compact: wire.Compact, wire.JSON: wire.JSON,
	} {
		b, err := Append(nil, Header{Protocol: given}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if h, _, err := Parse(b[lengthSize:], Limits{}); err != nil || h.Protocol != want {
			t.Errorf("%s written reads %s, %v", given, h.Protocol, err)
		}
	}
}

func TestWriterAddsToInfoThatWasRead(t *testing.T) {
	in, _, err := Parse(frame("\x00\x00\x01\x01\x01a\x01b\x00\x00"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	w := Begin(nil, in)
	w.Pair("c", "d")
	buf, err := w.Payload()
	if err != nil {
		t.Fatal(err)
	}
	if buf, err = w.End(buf); err != nil {
		t.Fatal(err)
	}
	h, _, err := Parse(buf[lengthSize:], Limits{})
	if err != nil || pairs(&h.Info) != "a=b c=d" {
		t.Errorf("pairs %q, %v", pairs(&h.Info), err)
	}
}

func TestWriterRefusesALargeHeader(t *testing.T) {
	for _, tt := range []struct {
		value int
		ok    bool
	}{
		// Protocol, transforms, block, count, two lengths and the key take 9 bytes.
		{MaxHeaderSize - 9, true},
		{MaxHeaderSize - 8, false},
	} {
		w := Begin([]byte("kept"), Header{})
		w.Pair("k", strings.Repeat("v", tt.value))
		buf, err := w.Payload()
		if (err == nil) != tt.ok {
			t.Errorf("a value of %d bytes: %v", tt.value, err)
		}
		var fault *wire.Error
		if !tt.ok && (!errors.As(err, &fault) || string(buf) != "kept") {
			t.Errorf("%q, %v", buf[:min(len(buf), 10)], err)
		}
	}
}

func TestWriterAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 1<<10)
	body := []byte("body")
	n := testing.AllocsPerRun(100, func() {
		w := Begin(dst, Header{SeqID: 1})
		w.Pair("key", "value")
		buf, err := w.Payload()
		if err != nil {
			t.Error(err)
		}
		if _, err = w.End(append(buf, body...)); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
