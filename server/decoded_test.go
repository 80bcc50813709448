package server_test

import (
	"context"
	"encoding/binary"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// emptyTrees is the arguments of TreeApi.depth: a tree with n empty children.
func emptyTrees(p wire.Protocol, n int) []byte {
	switch p {
	case wire.Compact:
		b := binary.AppendUvarint([]byte{1<<4 | 12, 3<<4 | 9, 0xf0 | 12}, uint64(n))
		return append(b, make([]byte, n+2)...)
	case wire.JSON:
		b := append([]byte(`{"1":{"rec":{"3":{"lst":["rec",`), []byte(decimal(n))...)
		return append(append(b, strings.Repeat(",{}", n)...), `]}}}}`...)
	}
	b := binary.BigEndian.AppendUint32([]byte{12, 0, 1, 15, 0, 3, 12}, uint32(n))
	return append(b, make([]byte, n+2)...)
}

func decimal(n int) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{'0' + byte(n%10)}, b...)
	}
	return string(b)
}

// trees is a mux with TreeApi and BarApi; ran is told of each call of depth.
func trees(ran func(*tree.Tree)) *mux.Mux {
	m := mux.New()
	m.Register("TreeApi", tree.NewTreeApiProcessor(treeFunc(ran)))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	return m
}

type treeFunc func(*tree.Tree)

func (f treeFunc) Depth(_ context.Context, t *tree.Tree) (int32, error) {
	f(t)
	return 1, nil
}

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestArgumentsThatSwell sends a list of empty structs to a stub, nearly as long as a
// message may be. It is refused before the list is made, and counts nothing afterwards.
func TestArgumentsThatSwell(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		count := 1_950_000
		if f.protocol == wire.JSON {
			count = 500_000
		}
		var r refusals
		srv := &server.Server{Handler: trees(func(*tree.Tree) { t.Error("the handler ran") }), MaxMessageSize: 2_000_000, MaxInflateRatio: -1, Observer: r.observer()}
		start(t, n, srv)
		s := speak(t, n, f)
		bomb := f.bytes(msg{typ: wire.Call, name: "TreeApi:depth", seqid: 1, body: emptyTrees(f.protocol, count)})
		before := allocated()
		s.sendRaw(bomb)
		m := s.wantException("depth", 1, mux.ProtocolError)
		if _, text, _ := wire.ParseException(f.protocol, m.body); !strings.Contains(text, "MaxDecoded") || !strings.Contains(text, "16000000") {
			t.Errorf("the client is told %q", text)
		}
		if f.protocol != wire.JSON { // the runtime's parser allocates for each token
			if grown := allocated() - before; grown > 40<<20 { // buffers that double on the way; the list alone is 16 MB, its structs 100
				t.Errorf("%d MB were allocated", grown>>20)
			}
		}
		good := f.echoCall(t, "BarApi:echo", 2, "x")
		s.send(good)
		s.wantResult("echo", 2, new(bar.BarApiEchoResult))
	})
}

func TestABombThatSwells(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, &server.Server{Handler: trees(func(*tree.Tree) { t.Error("the handler ran") })})
		call := append(wire.AppendHeader(nil, wire.Compact, wire.Call, "TreeApi:depth", 1), emptyTrees(wire.Compact, 16_000_000)...)
		bomb := headerFrame(1, []byte{2, 1, 1}, theader.Deflate(nil, call))
		if len(bomb) > 20_000 {
			t.Fatalf("the bomb has %d bytes", len(bomb))
		}
		s := speak(t, n, form{wire.THeader, wire.Compact, false, true})
		s.sendRaw(bomb)
		s.wantException("depth", 1, mux.ProtocolError)
	})
}

// TestDecodedArgumentsCount has calls whose arguments grow much wait in their
// handlers: what they take counts for MaxBytes, and is given back whatever way the
// handler ends.
func TestDecodedArgumentsCount(t *testing.T) {
	each := 20_000 * (8 + protocol.StructSize(reflect.TypeFor[tree.Tree]()))
	for name, end := range map[string]func(){
		"returns": func() {}, "panics": func() { panic("so it ends") }, "exits": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				g := newGate(t)
				var r refusals
				srv := &server.Server{Handler: trees(func(*tree.Tree) { g.pass(); end() }), MaxBytes: int(4 * each), MaxConnBytes: -1, Observer: r.observer()}
				start(t, n, srv)
				call := append(wire.AppendHeader(nil, wire.Binary, wire.Call, "TreeApi:depth", 1), emptyTrees(wire.Binary, 20_000)...)
				framed := append(wire.AppendFrameHeader(nil, len(call)), call...)
				var clients []*peer
				for range 6 {
					p := dial(t, n)
					p.send(framed)
					synctest.Wait()
					clients = append(clients, p)
				}
				ran := len(g.came)
				if _, bytes := server.Held(srv); ran < 2 || ran > 4 || bytes < int64(ran)*each || bytes > 4*each+16<<10 {
					t.Errorf("%d calls run, %d bytes are counted of %d each", ran, bytes, each)
				}
				for _, p := range clients[ran:] {
					p.wantCode(1, mux.Overloaded, "MaxBytes")
				}
				g.open()
				for _, p := range clients[:ran] {
					if a, err := p.recv(); err != nil || a.seqid != 1 {
						t.Errorf("%+v, %v", a, err)
					}
				}
				r.want(t, "MaxBytes", 6-ran)
			}) // start looks at what is counted
		})
	}
}

// TestMaxDecoded sets it.
func TestMaxDecoded(t *testing.T) {
	for max, ok := range map[int]bool{0: true, -1: true, 1 << 19: false} {
		inBubble(t, func(t *testing.T, n *network) {
			start(t, n, &server.Server{Handler: trees(func(*tree.Tree) {}), MaxDecoded: max})
			s := speak(t, n, forms[0])
			s.send(msg{typ: wire.Call, name: "TreeApi:depth", seqid: 1, body: emptyTrees(wire.Binary, 20_000)})
			if ok {
				s.wantResult("depth", 1, new(tree.TreeApiDepthResult))
			} else {
				s.wantException("depth", 1, mux.ProtocolError)
			}
		})
	}
}
