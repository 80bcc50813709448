package server_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// muxProgram turns bytes into what a client does on a session: three bytes make a
// step. It knows which tags the server may still answer.
type muxProgram struct {
	t    *testing.T
	conn net.Conn
	gate chan struct{}
	open map[uint32]int // calls sent and not answered, by tag
	buf  []byte
	odd  bool // something was sent that ends the session or confuses the count
}

func (p *muxProgram) send(b []byte) {
	p.conn.SetWriteDeadline(time.Now().Add(time.Minute))
	p.conn.Write(b) // it may have ended by now
}

func (p *muxProgram) step(op, a, b byte) {
	tag := uint32(a%8) + 2
	switch op % 12 {
	case 0, 1, 2: // a call, of one of the kinds that handlers make of it
		name := []string{"A:b", "A:wait", "A:full", "A:panics", "B:none"}[int(b)%5]
		frame := dispatch(tag, name, int(b)*40)
		if op&0x80 != 0 {
			for _, f := range cut(frame, 1000) {
				p.send(f)
				p.send(ping(tag))
			}
		} else {
			p.send(frame)
		}
		p.open[tag]++
	case 3:
		p.send(thriftmux.AppendTdiscarded(nil, tag, "no"))
	case 4:
		p.send(ping(tag))
	case 5: // handlers that wait go on
		select {
		case p.gate <- struct{}{}:
		default:
		}
	case 6:
		synctest.Wait()
		p.read()
	case 7:
		p.send(cut(dispatch(tag, "A:b", 5000), 1000)[b%5])
		p.odd = true
	case 8:
		p.send(thriftmux.AppendFrame(nil, thriftmux.Frame{Type: thriftmux.Type(b), Tag: tag, More: b&1 == 0, Body: []byte{a, b, 0}}))
		p.odd = true
	case 9:
		deadline := thriftmux.Deadline{Timestamp: time.Now(), Deadline: time.Now().Add(time.Duration(int8(b)) * time.Millisecond)}
		var c thriftmux.Pairs
		if err := thriftmux.AddPair(&c, thriftmux.DeadlineKey, deadline.Append(nil)); err != nil {
			p.t.Fatal(err)
		}
		p.send(tdispatch(tag, message("A:wait", int32(tag), 0), c))
		p.open[tag]++
	case 10:
		<-time.After(time.Duration(b) * time.Millisecond)
	case 11:
		var q thriftmux.OldRequest
		q.SetTrace(thriftmux.Trace{ID: 1})
		f, mark := thriftmux.BeginFrame(nil, thriftmux.Treq, tag)
		f = append(thriftmux.AppendTreq(f, q), message("A:b", 1, int(b))...)
		thriftmux.EndFrame(f, mark)
		p.send(f)
		p.open[tag]++
	}
}

// read takes what has come. An answer to a call that was not sent, or was
// answered before, fails the test.
func (p *muxProgram) read() error {
	p.conn.SetReadDeadline(time.Now().Add(time.Nanosecond))
	for {
		var b [4096]byte
		n, err := p.conn.Read(b[:])
		p.buf = append(p.buf, b[:n]...)
		for {
			f, n, ferr := thriftmux.ParseFrame(p.buf, 0)
			if ferr != nil {
				p.t.Fatalf("the server sent %x: %v", p.buf[:min(len(p.buf), 20)], ferr)
			}
			if n == 0 {
				break
			}
			p.buf = p.buf[n:]
			p.answered(f)
		}
		if err != nil {
			return err
		}
	}
}

func (p *muxProgram) answered(f thriftmux.Frame) {
	switch f.Type {
	case thriftmux.Rdispatch, thriftmux.Rreq, thriftmux.Rdiscarded:
		if f.More {
			return
		}
		if p.open[f.Tag]--; p.open[f.Tag] < 0 && !p.odd {
			p.t.Errorf("%v on tag %d, which has no call", f.Type, f.Tag)
		}
	case thriftmux.Rping, thriftmux.Rerr, thriftmux.Rinit, thriftmux.Tdrain:
	default:
		p.t.Errorf("the server sent a %v", f.Type)
	}
}

// FuzzMuxSession: whatever a client does, calls are answered at most once and, if
// it keeps to the rules, exactly once; nothing stays behind.
func FuzzMuxSession(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x01\x01\x03\x01\x00\x05\x00\x00\x06\x00\x00"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00")) // a tag twice
	f.Add([]byte("\x80\x02\xff\x80\x03\xff\x07\x03\x00\x03\x03\x00\x80\x03\xff"))
	f.Add([]byte("\x09\x01\x05\x0a\x00\x09\x09\x02\xff\x06\x00\x00"))
	f.Add([]byte("\x0b\x01\x05\x08\x00\x40\x08\x00\xc0\x08\x00\x43"))
	f.Fuzz(func(t *testing.T, steps []byte) {
		if len(steps) > 300 {
			return
		}
		for _, window := range []int{0, 100} {
			synctest.Test(t, func(t *testing.T) { runMuxProgram(t, steps, window) })
		}
	})
}

func runMuxProgram(t *testing.T, steps []byte, window int) {
	n := inMemory()
	p := &muxProgram{t: t, gate: make(chan struct{}), open: make(map[uint32]int)}
	refuses := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Method == "full" {
				return mux.Reply{}, &mux.Error{Code: mux.Overloaded, NotRun: mux.SendAgain}
			}
			return next.ServeThrift(ctx, req)
		})
	}
	srv := &server.Server{MaxCallsPerConn: 5, Filters: []mux.Filter{refuses}, Handler: mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		switch req.Method {
		case "wait":
			select {
			case <-p.gate:
			case <-ctx.Done():
				return mux.Reply{}, ctx.Err()
			}
		case "panics":
			panic("!")
		}
		return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
	})}
	start(t, n, srv)
	opener := dialMux(t, n)
	opener.negotiate(window)
	p.conn = opener.Conn

	for ; len(steps) >= 3; steps = steps[3:] {
		p.step(steps[0], steps[1], steps[2])
	}
	close(p.gate)
	synctest.Wait()
	err := p.read()
	alive := isTimeout(err)
	if alive && !p.odd {
		for tag, calls := range p.open {
			if calls != 0 {
				t.Errorf("tag %d: %d calls without an answer", tag, calls)
			}
		}
	}
	if alive {
		go srv.Shutdown(context.Background())
		synctest.Wait()
		p.send(thriftmux.AppendEmpty(nil, thriftmux.Rdrain, thriftmux.SessionTag))
		synctest.Wait()
		for err = p.read(); isTimeout(err); err = p.read() {
			<-time.After(time.Second)
		}
	}
	p.conn.Close()
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
