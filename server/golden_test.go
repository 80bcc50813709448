package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// vector is a message as real runtimes wrote it, with whatever frame it has.
type vector struct {
	Name, Transport, Protocol, Type, Method, Hex string
	SeqID                                        int32

	form form
	info bool // trace=abc is among the headers
}

// goldenVectors returns the vectors of the dialects without ids.
func goldenVectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("../protocol/wire/testdata/thrift-wire-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	transports := map[string]wire.Dialect{"framed": wire.Framed, "unframed": wire.Buffered, "header": wire.THeader}
	protocols := map[string]wire.Protocol{"binary": wire.Binary, "compact": wire.Compact, "json": wire.JSON}
	var vs []vector
	for _, v := range file.Vectors {
		d, ok := transports[v.Transport]
		if !ok {
			continue // HTTP, and zlib as a transport
		}
		words := strings.Split(strings.TrimPrefix(v.Protocol, "header-"), "-")
		v.form = form{transport: d, protocol: protocols[words[0]]}
		for _, w := range words[1:] {
			v.form.old = v.form.old || w == "nonstrict"
			v.form.zlib = v.form.zlib || w == "zlib"
			v.info = v.info || w == "info"
		}
		if v.form.protocol == 0 {
			t.Fatalf("%s: protocol %q", v.Name, v.Protocol)
		}
		vs = append(vs, v)
	}
	return vs
}

func (v vector) bytes() []byte {
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		panic(err)
	}
	return b
}

// plain returns a message for comparing: one that is compressed is not the same
// from every runtime until it is inflated.
func (v vector) plain(t *testing.T, b []byte) []byte {
	t.Helper()
	if !v.form.zlib {
		return b
	}
	frame := b[wire.FrameHeaderSize:]
	h, payload, err := theader.Parse(frame, theader.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if payload, err = theader.Inflate(nil, payload, 1<<20); err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(frame[:h.Size]), payload...)
}

// TestGoldenCalls sends what real runtimes wrote to a server, and looks at what
// its handler is given.
func TestGoldenCalls(t *testing.T) {
	for _, v := range goldenVectors(t) {
		if v.Type != "call" && v.Type != "oneway" {
			continue
		}
		t.Run(v.Name+"/"+v.Transport+"/"+v.Protocol, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				seen := make(chan *mux.Request, 1)
				start(t, n, &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
					seen <- req.Clone()
					return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
				})})
				s := speak(t, n, v.form)
				s.sendRaw(v.bytes())
				req := <-seen
				typ := wire.Call
				if v.Type == "oneway" {
					typ = wire.Oneway
				}
				service, method := wire.SplitName(v.Method)
				if req.Name != v.Method || req.Service != service || req.Method != method || req.SeqID != v.SeqID ||
					req.Type != typ || req.Protocol != v.form.protocol {
					t.Errorf("the handler saw %+v", req)
				}
				if v.info != (len(req.Header) == 1) || strings.HasSuffix(v.Name, "-go") && v.info && req.Header.Get("trace") != "abc" {
					t.Errorf("headers %v", req.Header)
				}
				if typ == wire.Oneway {
					return
				}
				if m := s.recv(); m.typ != wire.Reply || m.name != method || m.seqid != v.SeqID || !bytes.Equal(m.body, req.Body) {
					t.Errorf("reply %+v", m)
				}
			})
		})
	}
}

// TestGoldenReplies has a server answer, and compares the bytes with what real
// runtimes wrote.
func TestGoldenReplies(t *testing.T) {
	for _, v := range goldenVectors(t) {
		if v.Type != "reply" && v.Type != "exception" {
			continue
		}
		t.Run(v.Name+"/"+v.Transport+"/"+v.Protocol, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				start(t, n, &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (rep mux.Reply, err error) {
					if v.info {
						rep.Header.Add("trace", "abc")
					}
					if v.Type == "exception" {
						return rep, mux.Errorf(mux.UnknownMethod, "no such method")
					}
					rep.Type, rep.Body = wire.Reply, req.Body // {0: "Alpha"}, see below
					return rep, nil
				})})
				s := speak(t, n, v.form)
				s.send(msg{typ: wire.Call, name: "Alpha:" + v.Method, seqid: v.SeqID, body: alpha(v.form.protocol)})
				want := v.bytes()
				if v.form.old {
					// Apache's servers answer old calls in strict form.
					want = strictOf(t, v)
				}
				got := readAll(t, s, v.form)
				if !bytes.Equal(v.plain(t, got), v.plain(t, want)) {
					t.Errorf("got  %x\nwant %x", got, want)
				}
			})
		})
	}
}

// alpha is the result struct {0: "Alpha"}.
func alpha(p wire.Protocol) []byte {
	switch p {
	case wire.Binary:
		return []byte("\x0b\x00\x00\x00\x00\x00\x05Alpha\x00")
	case wire.Compact:
		return []byte("\x08\x00\x05Alpha\x00")
	}
	return []byte(`{"0":{"str":"Alpha"}}`)
}

// strictOf returns the vector of the same message in strict form.
func strictOf(t *testing.T, v vector) []byte {
	t.Helper()
	for _, o := range goldenVectors(t) {
		if o.Name == v.Name && o.Transport == v.Transport && o.form == (form{transport: v.form.transport, protocol: v.form.protocol}) {
			return o.bytes()
		}
	}
	t.Fatalf("%s has no strict form", v.Name)
	return nil
}

// readAll reads the one reply as it is.
func readAll(t *testing.T, s *speaker, f form) []byte {
	t.Helper()
	if f.transport == wire.Buffered {
		if m := s.recv(); m.typ == 0 {
			t.Fatal("no message")
		}
		return s.raw
	}
	frame, err := s.readFrame()
	if err != nil {
		t.Fatal(err)
	}
	return append(wire.AppendFrameHeader(nil, len(frame)), frame...)
}
