package server_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// TestShutdownLosesNoCall shuts servers down at random moments under pipelined
// load: each call whose handler started is answered once, and each call without
// an answer never ran.
func TestShutdownLosesNoCall(t *testing.T) {
	for round := range 200 {
		drainRound(t, time.Duration(rand.IntN(4000))*time.Microsecond, round%2 == 0)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

const (
	drainClients = 4
	drainDepth   = 16   // calls in a write, at the most
	drainWindow  = 1000 // calls without an answer: more than the server reads
)

func drainRound(t *testing.T, after time.Duration, blocking bool) {
	n := onLoopback(t)
	var ran [drainClients + 1]sync.Map // the last is of who comes behind idle
	srv := handle(func(ctx context.Context, req *mux.Request) error {
		ran[req.Method[0]-'0'].Store(req.SeqID, true)
		if blocking {
			<-time.After(200 * time.Microsecond)
		}
		return nil
	})
	served := make(chan error, 1)
	go func() { served <- srv.Serve(n) }()
	idle := dial(t, n) // never says a word, and must not delay the end
	behind := dial(t, n)
	behind.send(frame(wire.Call, "A:"+string(rune('0'+drainClients)), 1, 0))
	behind.want(wire.Reply, 1) // so idle has been accepted too
	behind.Close()
	var answered [drainClients]map[int32]int
	var wg sync.WaitGroup
	for i := range drainClients {
		p := dial(t, n)
		answered[i] = map[int32]int{}
		name := "A:" + string(rune('0'+i))
		window, ended := make(chan bool, drainWindow), make(chan struct{})
		wg.Go(func() { flood(p, name, window, ended) })
		wg.Go(func() {
			defer close(ended)
			defer p.Close()
			for {
				a, err := p.recv()
				if err != nil {
					return
				}
				answered[i][a.seqid]++
				<-window
			}
		})
	}
	<-time.After(after)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	took := time.Since(began)
	if err := <-served; !errors.Is(err, server.ErrServerClosed) {
		t.Errorf("Serve: %v", err)
	}
	idle.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := idle.r.ReadByte(); err != io.EOF {
		t.Errorf("the idle client sees %v", err)
	}
	wg.Wait()
	for i := range drainClients {
		for id, times := range answered[i] {
			if _, ok := ran[i].Load(id); !ok || times != 1 {
				t.Errorf("client %d: call %d was answered %d times, ran: %v", i, id, times, ok)
			}
		}
		ran[i].Range(func(id, _ any) bool {
			if answered[i][id.(int32)] == 0 {
				t.Errorf("client %d: call %d ran and was not answered; Shutdown took %v", i, id, took)
			}
			return true
		})
	}
}

// flood sends calls, up to drainDepth in a write and as many as the window has
// room for, until the connection has ended.
func flood(p *peer, name string, window chan<- bool, ended <-chan struct{}) {
	var b []byte
	for id := int32(0); ; {
		b = b[:0]
		for range 1 + rand.IntN(drainDepth) {
			select {
			case window <- true:
			case <-ended:
				return
			}
			b = append(b, frame(wire.Call, name, id, rand.IntN(200))...)
			id++
		}
		if _, err := p.Write(b); err != nil {
			return
		}
	}
}

func TestShutdownWithNothingToDo(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		srv := handle(func(ctx context.Context, req *mux.Request) error { return nil })
		served := make(chan error, 1)
		go func() { served <- srv.Serve(n) }()
		for range 10 {
			dial(t, n)
		}
		p := dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		p.want(wire.Reply, 1)
		<-time.After(3 * time.Second)
		began := time.Now()
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d > 0 {
			t.Errorf("idle clients delayed Shutdown by %v", d)
		}
		if err := <-served; err != server.ErrServerClosed {
			t.Error(err)
		}
		if err := srv.Serve(servertestListener()); err != server.ErrServerClosed {
			t.Errorf("Serve after Shutdown: %v", err)
		}
	})
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		started := make(chan struct{})
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			close(started)
			<-ctx.Done()
			return nil
		})
		served := make(chan error, 1)
		go func() { served <- srv.Serve(n) }()
		p := dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		<-started
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := srv.Shutdown(ctx); err != context.DeadlineExceeded {
			t.Errorf("Shutdown: %v", err)
		}
		p.wantEnd()
		<-served
	})
}

func TestCloseCuts(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		ended := make(chan error, 1)
		started := make(chan struct{})
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			close(started)
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return nil
		})
		served := make(chan error, 1)
		go func() { served <- srv.Serve(n) }()
		p := dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		<-started
		srv.Close()
		if err := <-ended; err != server.ErrServerClosed {
			t.Errorf("the handler's context ended with %v", err)
		}
		p.wantEnd()
		<-served
	})
}

// TestTheLastAnswerArrives closes connections on a client that goes on sending,
// and reads its replies only then: without lingering, the reset that its bytes
// cause destroys what has not left the server yet.
func TestTheLastAnswerArrives(t *testing.T) {
	reply := body(512 << 10) // more than the client's receive buffer holds
	for range 10 {
		n := onLoopback(t)
		srv := &server.Server{Handler: mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{Type: wire.Reply, Body: reply}, nil
		})}
		srv.MaxMessageSize = 1000
		start(t, n, srv)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		p.Write(frame(wire.Call, "A:b", 2, 1<<20)) // returns when the server has closed its side, or taken it all
		if a, err := p.recv(); err != nil || a.seqid != 1 || len(a.body) != len(reply) {
			t.Fatalf("the answer before the last was lost: %d, %d bytes, %v", a.seqid, len(a.body), err)
		}
		a, err := p.recv()
		if err != nil {
			t.Fatalf("the last answer was lost: %v", err)
		}
		if code, _ := a.code(); a.seqid != 2 || code != int32(mux.ProtocolError) {
			t.Fatalf("got %d, code %d", a.seqid, code)
		}
		p.wantEnd()
		p.Close()
	}
}

func TestServeConn(t *testing.T) {
	client, end := net.Pipe()
	srv := handle(func(ctx context.Context, req *mux.Request) error { return nil })
	done := make(chan error, 1)
	go func() { done <- srv.ServeConn(end) }()
	client.Close()
	if err := <-done; err != nil {
		t.Errorf("got %v", err)
	}
	srv.Close()
}
