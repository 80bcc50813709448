package server_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// muxPeer is a ThriftMux client that writes and reads frames.
type muxPeer struct {
	*peer
	buf []byte // read and not parsed
}

func dialMux(t *testing.T, n *network) *muxPeer {
	t.Helper()
	return &muxPeer{peer: dial(t, n)}
}

// negotiate opens the session with a window, 0 for none.
func (p *muxPeer) negotiate(window int) {
	p.t.Helper()
	p.send(thriftmux.AppendCheckTinit(nil))
	if f := p.want(thriftmux.Rerr, 1); !thriftmux.IsCheckTinit(f) {
		p.t.Fatalf("the check is answered with %q", f.Body)
	}
	i := thriftmux.Init{Version: thriftmux.Version}
	i.AddFrameLimit(window)
	p.send(initFrame(i))
	p.want(thriftmux.Rinit, 1)
}

func initFrame(i thriftmux.Init) []byte {
	b, mark := thriftmux.BeginFrame(nil, thriftmux.Tinit, thriftmux.SessionTag)
	b = thriftmux.AppendInit(b, i)
	thriftmux.EndFrame(b, mark)
	return b
}

// contexts makes pairs of keys and values.
func contexts(t *testing.T, kv ...string) thriftmux.Pairs {
	t.Helper()
	var p thriftmux.Pairs
	for i := 0; i < len(kv); i += 2 {
		if err := thriftmux.AddPair(&p, kv[i], kv[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// tdispatch is a call in one frame.
func tdispatch(tag uint32, payload []byte, c thriftmux.Pairs) []byte {
	b, mark := thriftmux.BeginFrame(nil, thriftmux.Tdispatch, tag)
	b = thriftmux.AppendTdispatch(b, thriftmux.Request{Contexts: c, Payload: payload})
	thriftmux.EndFrame(b, mark)
	return b
}

// message is a strict binary call whose struct holds pad bytes.
func message(name string, seqid int32, pad int) []byte {
	return append(wire.AppendHeader(nil, wire.Binary, wire.Call, name, seqid), body(pad)...)
}

// dispatch is a call without contexts, whose seqid is its tag.
func dispatch(tag uint32, name string, pad int) []byte {
	return tdispatch(tag, message(name, int32(tag), pad), thriftmux.Pairs{})
}

func ping(tag uint32) []byte { return thriftmux.AppendEmpty(nil, thriftmux.Tping, tag) }

// frame reads one, within 10 s.
func (p *muxPeer) frame() (thriftmux.Frame, error) {
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		f, n, err := thriftmux.ParseFrame(p.buf, -1)
		if err != nil {
			return f, err
		}
		if n > 0 {
			p.buf = p.buf[n:]
			return f, nil
		}
		var more [16 << 10]byte
		got, err := p.r.Read(more[:])
		if err != nil {
			return f, err
		}
		p.buf = append(bytes.Clone(p.buf), more[:got]...)
	}
}

// want reads a frame and checks its type and tag.
func (p *muxPeer) want(typ thriftmux.Type, tag uint32) thriftmux.Frame {
	p.t.Helper()
	f, err := p.frame()
	if err != nil {
		p.t.Fatalf("want %v on tag %d: %v", typ, tag, err)
	}
	if f.Type != typ || f.Tag != tag {
		p.t.Fatalf("got %v on tag %d %q, want %v on %d", f.Type, f.Tag, f.Body, typ, tag)
	}
	return f
}

// wantText reads an Rerr with this text.
func (p *muxPeer) wantText(tag uint32, text string) {
	p.t.Helper()
	if f := p.want(thriftmux.Rerr, tag); string(f.Body) != text {
		p.t.Fatalf("Rerr says %q, want %q", f.Body, text)
	}
}

// response reads the answer to a call.
func (p *muxPeer) response(tag uint32) thriftmux.Response {
	p.t.Helper()
	r, err := thriftmux.ParseRdispatch(p.want(thriftmux.Rdispatch, tag).Body, thriftmux.Limits{})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// wantReply reads answers that are replies to dispatch.
func (p *muxPeer) wantReply(tags ...uint32) {
	p.t.Helper()
	for _, tag := range tags {
		r := p.response(tag)
		h, err := wire.ParseHeader(wire.Binary, r.Payload, 0)
		if err != nil || r.Status != thriftmux.StatusOK || h.Type != wire.Reply || h.SeqID != int32(tag) {
			p.t.Fatalf("tag %d: status %d %q, message %v %d %v", tag, r.Status, r.Payload, h.Type, h.SeqID, err)
		}
	}
}

// wantNack reads an answer that says that the call was not run.
func (p *muxPeer) wantNack(tag uint32, flags thriftmux.Failure) {
	p.t.Helper()
	r := p.response(tag)
	if r.Status != thriftmux.StatusNack || r.Failure() != flags {
		p.t.Fatalf("tag %d: status %d, flags %d, %q; want a NACK with flags %d", tag, r.Status, r.Failure(), r.Payload, flags)
	}
}

// wantException reads an answer that is a Thrift exception.
func (p *muxPeer) wantException(tag uint32, name string, code mux.Code) {
	p.t.Helper()
	r := p.response(tag)
	h, err := wire.ParseHeader(wire.Binary, r.Payload, 0)
	if err != nil || r.Status != thriftmux.StatusOK || h.Type != wire.Exception || string(h.Name) != name {
		p.t.Fatalf("tag %d: status %d %q, message %v %q %v", tag, r.Status, r.Payload, h.Type, h.Name, err)
	}
	got, text, err := wire.ParseException(wire.Binary, r.Payload[h.Size:])
	if err != nil || got != int32(code) {
		p.t.Fatalf("tag %d: code %d %q %v, want %v", tag, got, text, err, code)
	}
}

// wantEnd checks that the server ends the session without a word more.
func (p *muxPeer) wantEnd() {
	p.t.Helper()
	if f, err := p.frame(); err == nil {
		p.t.Fatalf("got %v on tag %d %q, want the end", f.Type, f.Tag, f.Body)
	} else if os.IsTimeout(err) {
		p.t.Fatal("the session goes on, want its end")
	}
}

func tags(from, n uint32) []uint32 {
	s := make([]uint32, n)
	for i := range s {
		s[i] = from + uint32(i)
	}
	return s
}

// vectors are frames of Finagle's, by name.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	file, err := os.ReadFile("../protocol/thriftmux/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Vectors []struct{ Name, Hex string } }
	if err := json.Unmarshal(file, &list); err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]byte)
	for _, v := range list.Vectors {
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(fmt.Errorf("%s: %w", v.Name, err))
		}
		all[v.Name] = b
	}
	return all
}
