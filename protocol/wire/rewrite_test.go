package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestRewrite(t *testing.T) {
	const room = 20
	for _, v := range thriftVectors(t, "unframed") {
		p, old := v.form(t)
		_, method := SplitName(v.Method)
		for _, name := range []string{v.Method, method, "Renamed:" + method, "", `"q"`} {
			for _, seqid := range []int32{v.SeqID, 0, -1, 1 << 30} {
				buf := append(bytes.Repeat([]byte{0xee}, room), v.bytes...)
				h, err := ParseHeader(p, buf[room:], 0)
				if err != nil {
					t.Fatal(err)
				}
				want := append(appendForm(nil, p, old, h.Type, name, seqid), v.bytes[h.Size:]...)
				start, err := Rewrite(buf, room, h, name, seqid)
				if err != nil || !bytes.Equal(buf[start:], want) {
					t.Errorf("%s to %q, %d: start %d, %v\n%x\n%x", v.title(), name, seqid, start, err, buf[start:], want)
					continue
				}
				for i := range min(start, room) {
					if buf[i] != 0xee {
						t.Errorf("%s to %q: byte %d before the message was written", v.title(), name, i)
					}
				}
			}
		}
	}
}

// appendForm is AppendHeader, or AppendOldHeader.
func appendForm(dst []byte, p Protocol, old bool, t Type, name string, seqid int32) []byte {
	if old {
		return AppendOldHeader(dst, t, name, seqid)
	}
	return AppendHeader(dst, p, t, name, seqid)
}

func TestRewriteNeedsRoom(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		for _, room := range []int{0, 7} {
			buf := append(make([]byte, room), AppendHeader(nil, p, Call, "abc", 1)...)
			h, err := ParseHeader(p, buf[room:], 0)
			if err != nil {
				t.Fatal(err)
			}
			fits := strings.Repeat("n", 3+room)
			if start, err := Rewrite(bytes.Clone(buf), room, h, fits, 1); start != 0 || err != nil {
				t.Errorf("%s: name of %d bytes with %d to spare: start %d, %v", p, len(fits), room, start, err)
			}
			kept := bytes.Clone(buf)
			_, err = Rewrite(buf, room, h, fits+"n", 1)
			if e := new(Error); !errors.As(err, &e) || !e.TooLarge() || e.Seen != e.Limit+1 || !bytes.Equal(buf, kept) {
				t.Errorf("%s: name of %d bytes with %d to spare: %v", p, len(fits)+1, room, err)
			}
		}
	}
}

func TestRewriteRefusesWhatIsNoHeader(t *testing.T) {
	buf := AppendHeader(nil, Binary, Call, "abc", 1)
	for _, c := range []struct {
		start int
		h     Header
	}{
		{0, Header{}},
		{0, Header{Protocol: Binary, Size: 0}},
		{0, Header{Protocol: 9, Size: 4}},
		{0, Header{Protocol: Binary, Size: len(buf) + 1}},
		{-1, Header{Protocol: Binary, Size: len(buf)}},
		{1, Header{Protocol: Binary, Size: len(buf)}},
	} {
		if start, err := Rewrite(buf, c.start, c.h, "x", 1); err == nil {
			t.Errorf("%+v at %d: start %d", c.h, c.start, start)
		}
	}
}
