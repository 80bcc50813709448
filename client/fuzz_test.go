package client

import (
	"bytes"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// replyMessage is a reply to the call with id 7.
func replyMessage(p wire.Protocol) []byte {
	msg := wire.AppendHeader(nil, p, wire.Reply, "echo", 7)
	return append(msg, 0)
}

// FuzzReplies cuts any bytes as the sessions do, in one piece and byte by byte: the
// replies are the same, and what is not cut off is less than one.
func FuzzReplies(f *testing.F) {
	for _, p := range protocols {
		msg := replyMessage(p)
		framed := append(wire.AppendFrameHeader(nil, len(msg)), msg...)
		f.Add(append(framed, framed...))
		f.Add(append(append(append(make([]byte, 8), framed...), 0, 0, 0, 0), framed...))
		f.Add(append(msg, msg...))
		for _, zlib := range []bool{false, true} {
			frame, err := theader.Append(nil, theader.Header{SeqID: 7, Protocol: p, Zlib: zlib}, msg)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(frame)
		}
		f.Add(wire.AppendException(nil, p, "echo", 7, int32(mux.Overloaded), "overloaded"))
	}
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Add([]byte{0, 0, 0, 14, 0x0f, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 2, 0, 0, 0}) // a THeader frame without a message
	f.Fuzz(func(t *testing.T, in []byte) {
		for d, row := range dialects {
			if d == wire.ThriftMux {
				continue // it has a fuzz test of its own
			}
			for i, p := range protocols {
				open := func() session {
					c := &core{config: new(Client), framing: d}
					c.bounds = c.config.resolve()
					return row.open(&connection{client: c, pool: &pool{client: c, index: i, protocol: p}})
				}
				whole := cutAll(t, open(), in, len(in))
				pieces := cutAll(t, open(), in, 1)
				if len(whole) != len(pieces) {
					t.Fatalf("%v %v: %d replies in one piece, %d byte by byte", d, p, len(whole), len(pieces))
				}
				for i := range whole {
					if whole[i].id != pieces[i].id || whole[i].kind != pieces[i].kind || !bytes.Equal(whole[i].body, pieces[i].body) {
						t.Fatalf("%v %v: reply %d is %+v in one piece, %+v byte by byte", d, p, i, whole[i], pieces[i])
					}
				}
			}
		}
	})
}

// cutAll cuts the replies off in, of which step bytes come at a time.
func cutAll(t *testing.T, s session, in []byte, step int) []reply {
	t.Helper()
	var all []reply
	pos := 0
	for end := min(step, len(in)); ; end = min(end+step, len(in)) {
		for pos < end {
			var r reply
			n, err := s.next(in[pos:end:end], &r)
			if err != nil {
				return all
			}
			if n < 0 || n > end-pos {
				t.Fatalf("a reply of %d bytes in %d", n, end-pos)
			}
			if n == 0 {
				break
			}
			if pos += n; r.kind == 0 {
				continue // it was passed over
			}
			if r.kind != wire.Reply && r.kind != wire.Exception {
				t.Fatalf("a reply of type %v", r.kind)
			}
			all = append(all, r)
		}
		if end == len(in) {
			return all
		}
	}
}
