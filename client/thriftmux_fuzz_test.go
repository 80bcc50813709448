package client_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// muxServer turns bytes into what a server does on its connections: two bytes make
// a step. It watches that no tag comes again before it is free.
type muxServer struct {
	t *testing.T

	mu    sync.Mutex
	steps []byte
}

// step returns the next step, or what answers the oldest call.
func (s *muxServer) step() (op, arg byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) < 2 {
		return 0, 0
	}
	op, arg = s.steps[0], s.steps[1]
	s.steps = s.steps[2:]
	return op, arg
}

// serve plays on a connection: a goroutine reads, and each call leads to a step.
func (s *muxServer) serve(p *peer) {
	var open []uint32
	for f, ok := p.frame(); ok; f, ok = p.frame() {
		switch f.Type {
		case thriftmux.Tping:
			p.say(thriftmux.Rping, f.Tag, "")
			continue
		case thriftmux.Tdispatch, thriftmux.Treq:
			if f.More {
				continue
			}
			for _, tag := range open {
				if tag == f.Tag {
					s.t.Errorf("tag %d comes again while its call runs", tag)
				}
			}
			open = append(open, f.Tag)
		case thriftmux.Tdiscarded:
			d, err := thriftmux.ParseTdiscarded(f.Body)
			if err != nil {
				s.t.Errorf("Tdiscarded: %v", err)
			}
			open = without(open, d.Tag, func() { p.say(thriftmux.Rdiscarded, d.Tag, "") })
			continue
		case thriftmux.Rping, thriftmux.Rdrain:
			continue
		default:
			s.t.Errorf("the client sent %v", f.Type)
		}
		if open, ok = s.play(p, open); !ok {
			return
		}
	}
}

// without returns tags without one of them, if it is there, and then calls f.
func without(tags []uint32, tag uint32, f func()) []uint32 {
	for i := range tags {
		if tags[i] == tag {
			f()
			return append(tags[:i:i], tags[i+1:]...)
		}
	}
	return tags
}

// play makes a step with the calls that are open. ok is false if it ends the
// connection.
func (s *muxServer) play(p *peer, open []uint32) (left []uint32, ok bool) {
	op, arg := s.step()
	tag := open[int(arg)%len(open)]
	answered := func(f func()) []uint32 { return without(open, tag, f) }
	switch op % 12 {
	case 0, 1:
		return answered(func() { p.done(tag) }), true
	case 2:
		return answered(func() { p.nack(tag, thriftmux.Status(arg%4), thriftmux.Failure(arg%8)) }), true
	case 3:
		return answered(func() { p.say(thriftmux.Rerr, tag, "no") }), true
	case 4: // the answer does not come
	case 5:
		p.say(thriftmux.Tdrain, uint32(arg), "")
	case 6:
		p.Write(thriftmux.AppendTlease(nil, time.Duration(arg)*time.Millisecond))
	case 7:
		p.say(thriftmux.Tping, uint32(arg), "")
	case 8:
		return answered(func() {
			answer := append([]byte{0, 0, 0}, reply(0)[wire.FrameHeaderSize:]...)
			for pieces, more := thriftmux.Split(thriftmux.Rdispatch, tag, answer, int(arg%16)+1), true; more; {
				var out []byte
				out, more = pieces.Next(nil)
				p.Write(out)
			}
		}), true
	case 9: // half an answer
		p.Write(thriftmux.AppendFrame(nil, thriftmux.Frame{Type: thriftmux.Rdispatch, Tag: tag, More: true, Body: []byte{0, 0}}))
	case 10:
		p.say(thriftmux.Type(arg), tag, string([]byte{arg, 0, 0}))
		return open, arg%2 == 0
	case 11:
		return nil, false
	}
	return open, true
}

// FuzzMuxSession: whatever a server does, every call ends by its deadline at the
// latest, no tag is used before it is free, and nothing stays behind.
func FuzzMuxSession(f *testing.F) {
	f.Add([]byte("\x00\x00\x02\x01\x03\x00\x08\x02\x07\x05"), byte(0))
	f.Add([]byte("\x04\x00\x05\x00\x00\x00\x09\x00\x0a\x43"), byte(10))
	f.Add([]byte("\x04\x00\x04\x00\x0b\x00\x06\x01\x02\x06"), byte(1))
	f.Fuzz(func(t *testing.T, steps []byte, window byte) {
		if len(steps) > 200 {
			return
		}
		s := &muxServer{t: t, steps: steps}
		synctest.Test(t, func(t *testing.T) {
			st := playInMemory(negotiated(int(window), s.serve))
			c := st.client(&client.Client{Dialect: wire.ThriftMux, MaxCallsPerConn: 10})
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					for range 3 {
						ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*100*time.Millisecond)
						echo(ctx, c) // with whatever outcome
						cancel()
					}
				})
			}
			wg.Wait()
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			c.Close(ctx)
			st.end()
		})
		if n := conn.Outstanding(); n != 0 {
			t.Errorf("%d buffers are held", n)
		}
	})
}
