package client

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// lateDeadline is a socket on which setting no deadline takes so long that ctx
// ends meanwhile, and its end sets one.
type lateDeadline struct {
	net.Conn
	cancel context.CancelFunc
	set    chan struct{} // closed when a deadline has been set
	over   chan struct{} // closed when the call is over
	once   sync.Once
}

func (l *lateDeadline) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		l.cancel()
		select {
		case <-l.set:
		case <-l.over:
		}
		return l.Conn.SetReadDeadline(t)
	}
	err := l.Conn.SetReadDeadline(t)
	l.once.Do(func() { close(l.set) })
	return err
}

// answerEcho answers calls of echo, and tells of others.
func answerEcho(l net.Listener, came chan<- struct{}) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		r := bufio.NewReader(nc)
		for {
			var length [4]byte
			if _, err := io.ReadFull(r, length[:]); err != nil {
				break
			}
			msg := make([]byte, binary.BigEndian.Uint32(length[:]))
			io.ReadFull(r, msg)
			h, _ := wire.ParseHeader(wire.Binary, msg, 0)
			if string(h.Name) != "echo" {
				came <- struct{}{}
				continue
			}
			answer := append(wire.AppendHeader(nil, wire.Binary, wire.Reply, "echo", h.SeqID), 0)
			nc.Write(append(wire.AppendFrameHeader(nil, len(answer)), answer...))
		}
		nc.Close()
	}
}

// The end of its context ends the wait of a caller that reads, also if it comes
// while the next look of the watch is set.
func TestContextEndsWhileADeadlineIsSet(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() { answerEcho(l, came) })
	c := &Client{Target: l.Addr().String(), IdleTimeout: -1, MessageTimeout: -1, StallTimeout: -1}
	call := func(ctx context.Context, method string) error {
		if err := c.start(); err != nil {
			return err
		}
		req := &mux.Request{Protocol: wire.Binary, Type: wire.Call, Method: method, Body: []byte{0}}
		_, err := c.call(ctx, req)
		req.Release()
		return err
	}
	ctx, cancel := context.WithCancel(t.Context())
	late := &lateDeadline{cancel: cancel, set: make(chan struct{}), over: make(chan struct{})}
	for late.Conn == nil { // until callers read
		if err := call(t.Context(), "echo"); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		o := slices.Collect(maps.Keys(c.live))[0]
		c.mu.Unlock()
		o.mu.Lock()
		if o.reads == nobody {
			late.Conn, o.rwc = o.rwc, late
		}
		o.mu.Unlock()
	}
	done := make(chan error, 1)
	go func() { done <- call(ctx, "wait") }()
	<-came
	late.Conn.SetReadDeadline(time.Unix(1, 0)) // who reads sets a deadline anew
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the call waits though its context has ended")
		late.Conn.Close()
	}
	close(late.over)
	c.Close(t.Context())
	l.Close()
	wg.Wait()
}
