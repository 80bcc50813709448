package server_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// cppClose is what Apache's C++ THeader clients and servers (0.17) send when they
// close: a THeader frame without a message. The protocol is that of the last one.
func cppClose(protocol byte) []byte {
	return []byte{0, 0, 0, 14, 0x0f, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, protocol, 0, 0, 0}
}

// between returns what is passed over between two messages of a form.
func (f form) between() [][]byte {
	empty := []byte{0, 0, 0, 0}
	switch {
	case f.transport == wire.THeader:
		return [][]byte{empty, cppClose(0), cppClose(2), bytes.Join([][]byte{empty, cppClose(0), empty, empty}, nil)}
	case f.transport == wire.Framed:
		return [][]byte{empty, bytes.Repeat(empty, 3), make([]byte, 64<<10)}
	case f.protocol == wire.JSON:
		return [][]byte{[]byte("\n"), []byte(" \t\r\n ")}
	}
	return nil
}

// What stands between two messages and is none changes nothing: the calls before and
// behind it are answered, and the log has no line.
func TestBytesBetweenMessages(t *testing.T) {
	for _, f := range append(forms, form{transport: wire.THeader, protocol: wire.Binary}, form{transport: wire.THeader, protocol: wire.Compact}) {
		for _, filler := range f.between() {
			t.Run(f.String(), func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) { bytesBetween(t, n, f, filler) })
			})
		}
	}
}

func bytesBetween(t *testing.T, n *network, f form, filler []byte) {
	log := &logbook{all: true}
	var ended []error
	start(t, n, &server.Server{Handler: fooAndBar(), ErrorLog: log.logger(),
		Observer: mux.Observer{Closed: func(_ *mux.Peer, err error) { ended = append(ended, err) }}})
	want := func(s *speaker, seqid int32) {
		var result foo.FooApiEchoResult
		if s.wantResult("echo", seqid, &result); result.GetSuccess() != "x" {
			t.Errorf("got %q", result.GetSuccess())
		}
	}
	// Whole, and a byte at a time; first too, where that is passed over.
	first := filler
	if f.transport == wire.Buffered {
		first = nil
	}
	s := speak(t, n, f)
	call := func(seqid int32) []byte { return f.bytes(f.echoCall(t, "FooApi:echo", seqid, "x")) }
	s.sendRaw(bytes.Join([][]byte{first, call(1), filler, call(2), call(3), filler}, nil))
	for seqid := range int32(3) {
		want(s, seqid+1)
	}
	if len(filler) < 100 {
		for _, b := range bytes.Join([][]byte{filler, call(4), filler}, nil) {
			s.sendRaw([]byte{b})
			synctest.Wait()
		}
		want(s, 4)
	}
	s.end()
	s.wantClosed()
	s.Close()
	synctest.Wait()
	if len(ended) != 1 || ended[0] != nil {
		t.Errorf("connections ended with %v, want one without an error", ended)
	}
	// A client that makes no call says nothing but that when it closes.
	if f.transport != wire.Buffered && len(filler) < 100 {
		s := speak(t, n, f)
		s.sendRaw(filler)
		s.end()
		s.wantClosed()
		s.Close()
		synctest.Wait()
	}
	log.want(t)
}

// A flood of empty frames takes no memory, whether it comes first or later, and is
// cut by SniffTimeout if it comes first.
func TestFloodOfEmptyFrames(t *testing.T) {
	n := onLoopback(t)
	srv := &server.Server{Handler: fooAndBar(), SniffTimeout: time.Hour}
	start(t, n, srv)
	p := dial(t, n)
	before := heap()
	zeros := make([]byte, 1<<20)
	for round := range int32(2) {
		for range 8 {
			p.send(zeros)
		}
		p.send(frame(wire.Call, "FooApi:echo", round, 5))
		p.want(wire.Reply, round)
	}
	if grown := int64(heap()) - int64(before); grown > heapCeiling {
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
	p.Close()

	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, &server.Server{Handler: fooAndBar()})
		p := dial(t, n)
		start := time.Now()
		for {
			if _, err := p.Write(zeros[:4096]); err != nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(start); took < 10*time.Second || took > 13*time.Second {
			t.Errorf("the connection was ended after %v, want SniffTimeout", took)
		}
	})
}
