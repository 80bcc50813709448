package server_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// notice is how long a pause may take to be found long: twice what a call may that
// runs on the goroutine that reads, and then the pause itself.
const notice = 100 * time.Millisecond

// A seriesOf calls is a server at one call of a connection. Those of the method
// slow last until their context ends or the gate is open, and tell how it was.
type seriesOf struct {
	*server.Server
	*gate
	ended chan error
	ran   atomic.Int32
}

func newSeries(t *testing.T) *seriesOf {
	s := &seriesOf{gate: newGate(t), ended: make(chan error, 100)}
	s.Server = handle(func(ctx context.Context, req *mux.Request) error {
		s.ran.Add(1)
		if req.Method != "slow" {
			return nil
		}
		s.came <- struct{}{}
		select {
		case <-ctx.Done():
			s.ended <- ctx.Err()
		case <-s.opened:
			s.ended <- nil
		case <-s.over:
			s.ended <- errors.New("the test is over")
		}
		return nil
	})
	s.MaxCallsPerConn = 1
	return s
}

// paused starts a series and sends it a slow call, and others. It returns when the
// server has them and the pause is known to be long, as far as time tells.
func (s *seriesOf) paused(t *testing.T, n *network, others ...[]byte) *peer {
	t.Helper()
	start(t, n, s.Server)
	p := dial(t, n)
	p.send(frame(wire.Call, "A:slow", 1, 0))
	s.await(1)
	if isFake(t) {
		time.Sleep(notice) // on fake time
	}
	if len(others) > 0 {
		p.send(others...)
	}
	return p
}

func TestAResetIsNoticedWhileTheReadingPauses(t *testing.T) {
	for name, others := range map[string][][]byte{
		"nothing behind": nil,
		"a call behind":  {frame(wire.Call, "A:never", 2, 0)},
		"half a call":    {frame(wire.Call, "A:never", 2, 100)[:50]},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *network) {
				s := newSeries(t)
				p := s.paused(t, n, others...)
				if isFake(t) {
					synctest.Wait()
				}
				began := time.Now()
				n.reset(p.Conn)
				if err := <-s.ended; err != context.Canceled {
					t.Errorf("the context ended with %v", err)
				}
				if d := time.Since(began); isFake(t) && d > 0 {
					t.Errorf("the context ended after %v, want at once", d)
				}
				if isFake(t) {
					synctest.Wait()
				}
				if ran := s.ran.Load(); ran != 1 {
					t.Errorf("%d calls ran, want what ran when the client went", ran)
				}
			})
		})
	}
}

// TestAResetEndsAPauseForBytes: bytes too can be what there is no room for.
func TestAResetEndsAPauseForBytes(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		s := newSeries(t)
		s.MaxCallsPerConn, s.MaxConnBytes = 0, 1000
		start(t, n, s.Server)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:slow", 1, 2000))
		s.await(1)
		n.reset(p.Conn)
		if err := <-s.ended; err != context.Canceled {
			t.Errorf("the context ended with %v", err)
		}
	})
}

func TestAnEndIsNoticedWhileTheReadingPauses(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		s := newSeries(t)
		if !isFake(t) {
			s.HalfCloseGrace = 50 * time.Millisecond
		}
		p := s.paused(t, n, frame(wire.Call, "A:b", 2, 0), frame(wire.Call, "A:slow", 3, 0), frame(wire.Call, "A:b", 4, 0))
		began := time.Now()
		closeWrite(t, p)
		if err := <-s.ended; err != context.Canceled {
			t.Errorf("the context ended with %v", err)
		}
		if d := time.Since(began); isFake(t) && d != 5*time.Second {
			t.Errorf("the context ended after %v, want 5s", d)
		}
		// What came before the end runs in its turn, and is answered.
		p.want(wire.Reply, 1, 2, 3, 4)
		p.wantEnd()
	})
}

// TestAnEndBehindCallsCostsThemNothing: those that are done within the grace never
// see that their client has ended its bytes.
func TestAnEndBehindCallsCostsThemNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		s := newSeries(t)
		p := s.paused(t, n, frame(wire.Call, "A:slow", 2, 0))
		closeWrite(t, p)
		time.AfterFunc(4*time.Second, s.open)
		p.want(wire.Reply, 1, 2)
		p.wantEnd()
		for range 2 {
			if err := <-s.ended; err != nil {
				t.Errorf("a context ended with %v", err)
			}
		}
	})
}

// TestCallsThatComeInALongPauseRunInTheirTurn sends more than is read ahead.
func TestCallsThatComeInALongPauseRunInTheirTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		s := newSeries(t)
		p := s.paused(t, n)
		sent := make(chan error, 1)
		go func() {
			for i := range int32(300) {
				f := frame(wire.Call, "A:b", i+2, 1000)
				for _, piece := range [][]byte{f[:7], f[7:]} {
					if _, err := p.Write(piece); err != nil {
						sent <- err
						return
					}
				}
			}
			sent <- nil
		}()
		if isFake(t) {
			synctest.Wait()
			select {
			case err := <-sent:
				t.Errorf("300 KB were read while there was no room, %v", err)
			default:
			}
		}
		if ran := s.ran.Load(); ran != 1 {
			t.Errorf("%d calls ran, want one", ran)
		}
		s.open()
		p.want(wire.Reply, seqids(1, 301)...)
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

// TestTheTimeOfAMessageBeginsBehindThePause sends half a message in a long pause,
// and the rest in time after it, or not.
func TestTheTimeOfAMessageBeginsBehindThePause(t *testing.T) {
	for name, c := range map[string]struct {
		timeout, rest time.Duration
		late          bool
	}{
		"in time":    {10 * time.Second, 9 * time.Second, false},
		"late":       {10 * time.Second, 11 * time.Second, true},
		"no timeout": {-1, time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				s, r := newSeries(t), &refusals{}
				s.MessageTimeout, s.Observer = c.timeout, r.observer()
				if c.timeout < 0 {
					s.IdleTimeout = -1 // so that no deadline is ever set
				}
				last := frame(wire.Call, "A:b", 3, 0)
				p := s.paused(t, n, frame(wire.Call, "A:b", 2, 0), last[:9])
				time.Sleep(time.Minute)
				s.open()
				p.want(wire.Reply, 1, 2)
				time.Sleep(c.rest)
				if p.Write(last[9:]); c.late {
					p.wantEnd()
					r.want(t, "MessageTimeout", 1)
					return
				}
				p.want(wire.Reply, 3)
			})
		})
	}
}

// TestADrainInALongPause runs what was read before it, nothing that came after it,
// and still notices that the client goes.
func TestADrainInALongPause(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(n *network, p *peer, s *seriesOf)
		ran  int32
		want []int32
	}{
		"to the end": {func(_ *network, _ *peer, s *seriesOf) { s.open() }, 2, []int32{1, 2}},
		"reset":      {func(n *network, p *peer, _ *seriesOf) { n.reset(p.Conn) }, 1, nil},
		"closed":     {func(_ *network, p *peer, _ *seriesOf) { closeWrite(p.t, p) }, 2, []int32{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				s := newSeries(t)
				p := s.paused(t, n, frame(wire.Call, "A:b", 2, 0))
				synctest.Wait()
				down := make(chan error, 1)
				go func() { down <- s.Shutdown(t.Context()) }()
				synctest.Wait()
				p.send(frame(wire.Call, "A:b", 3, 0))
				synctest.Wait()
				c.end(n, p, s)
				p.want(wire.Reply, c.want...)
				p.wantEnd()
				if err := <-down; err != nil {
					t.Error(err)
				}
				if ran := s.ran.Load(); ran != c.ran {
					t.Errorf("%d calls ran, want %d", ran, c.ran)
				}
			})
		})
	}
}

// TestAPauseWithFullBuffers: a client that has sent more than is read ahead is not
// noticed before there is room, and then at once.
func TestAPauseWithFullBuffers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		s := newSeries(t)
		p := s.paused(t, n)
		p.send(frame(wire.Call, "A:slow", 2, 100<<10)) // 64 KiB of it are read
		synctest.Wait()
		n.reset(p.Conn)
		time.Sleep(time.Hour)
		if len(s.ended) > 0 {
			t.Error("a reset behind bytes that were not read was noticed: the documentation can promise more")
		}
		s.open()
		synctest.Wait()
		if err := <-s.ended; err != nil || s.ran.Load() != 1 {
			t.Errorf("%v, %d calls ran", err, s.ran.Load())
		}
	})
}

// TestReadingAheadCountsTowardsMaxBytes: a server that holds too much reads nothing
// ahead, and closes no connection for it.
func TestReadingAheadCountsTowardsMaxBytes(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		s, r := newSeries(t), &refusals{}
		s.MaxBytes, s.Observer = 123<<10, r.observer()
		p := s.paused(t, n)
		others := []*peer{dial(t, n), dial(t, n)}
		for _, q := range others {
			q.send(frame(wire.Call, "A:slow", 1, 60<<10))
			s.await(1)
		}
		time.Sleep(notice)
		sent := 0
		p.SetWriteDeadline(time.Now().Add(time.Minute))
		for sent < 1<<20 {
			n, err := p.Write(frame(wire.Call, "A:b", 2, 1000))
			if sent += n; err != nil {
				break
			}
		}
		if max := 64<<10 + 8<<10; sent > max { // what the network holds, and one read
			t.Errorf("%d bytes were taken from the client, want no more than %d", sent, max)
		}
		r.want(t, "MaxBytes", 0)
		s.open()
		for _, q := range others {
			q.want(wire.Reply, 1)
		}
		p.want(wire.Reply, 1)
		// Refused if it came before the others had given back what they held.
		if a, err := p.recv(); err != nil || a.seqid != 2 {
			t.Errorf("got %v %d, %v", a.typ, a.seqid, err)
		}
	})
}

// TestTLSInALongPause: a read that was given up goes on inside a record.
func TestTLSInALongPause(t *testing.T) {
	a := newAuthority(t)
	secured := func(t *testing.T, n *network) (*seriesOf, *peer) {
		s := newSeries(t)
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{a.issue("server")}}
		start(t, n, s.Server)
		p := dialTLS(t, n, a.client(), func(c net.Conn) net.Conn { return bytewise{c} })
		p.send(frame(wire.Call, "A:slow", 1, 0))
		s.await(1)
		time.Sleep(notice) // on fake time
		return s, p
	}
	t.Run("calls", func(t *testing.T) {
		inBubble(t, func(t *testing.T, n *network) {
			s, p := secured(t, n)
			for i := range int32(20) {
				p.send(frame(wire.Call, "A:b", i+2, 100))
			}
			s.open()
			for i := range int32(20) {
				p.send(frame(wire.Call, "A:b", i+22, 100))
			}
			p.want(wire.Reply, seqids(1, 41)...)
		})
	})
	t.Run("reset", func(t *testing.T) {
		inBubble(t, func(t *testing.T, n *network) {
			s, p := secured(t, n)
			n.reset(p.Conn.(*tls.Conn).NetConn().(bytewise).Conn)
			if err := <-s.ended; err != context.Canceled {
				t.Errorf("the context ended with %v", err)
			}
		})
	})
	t.Run("end", func(t *testing.T) {
		inBubble(t, func(t *testing.T, n *network) {
			s, p := secured(t, n)
			p.Conn.(*tls.Conn).CloseWrite()
			if err := <-s.ended; err != context.Canceled {
				t.Errorf("the context ended with %v", err)
			}
			p.want(wire.Reply, 1)
		})
	})
}

// TestCallsThatWaitForTheirTurnKeepNoArguments: those are no longer counted, however
// many calls have been answered behind one that takes long.
func TestCallsThatWaitForTheirTurnKeepNoArguments(t *testing.T) {
	n := onLoopback(t)
	s := newSeries(t)
	s.MaxCallsPerConn = 0
	srv := s.Server
	small := mux.Reply{Type: wire.Reply, Body: body(0)}
	h := srv.Handler
	srv.Handler = mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		_, err := h.ServeThrift(ctx, req)
		if req.Method == "last" {
			s.came <- struct{}{}
		}
		return small, err
	})
	start(t, n, srv)
	p := dial(t, n)
	p.send(frame(wire.Call, "A:slow", 0, 0))
	s.await(1)
	const calls, size = 20, 4 << 20
	large := frame(wire.Call, "A:b", 1, size)
	for range calls {
		p.send(large)
	}
	p.send(frame(wire.Call, "A:last", 2, 0))
	s.await(1)
	var m runtime.MemStats
	for range 2 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > calls*size/2 {
		t.Errorf("%d bytes are in use behind calls that have been answered", m.HeapAlloc)
	}
	s.open()
	p.want(wire.Reply, 0)
}
