package client_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// peer is the server's end of one connection, in the hands of a script. It speaks
// framed binary.
type peer struct {
	net.Conn
	n int // which connection it is, from 1
}

// A script is the life of a connection, which is closed when it returns.
type script func(p *peer)

// read reads a call, and returns its id, or false at the end of the connection.
func (p *peer) read() (id int32, ok bool) {
	var length [4]byte
	if _, err := io.ReadFull(p, length[:]); err != nil {
		return 0, false
	}
	msg := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(p, msg); err != nil {
		return 0, false
	}
	h, err := wire.ParseHeader(wire.Binary, msg, 0)
	return h.SeqID, err == nil && h.Size > 0
}

// answer answers calls until the connection ends.
func (p *peer) answer() {
	for {
		id, ok := p.read()
		if !ok {
			return
		}
		p.Write(reply(id))
	}
}

// swallow reads until the connection ends.
func (p *peer) swallow() { io.Copy(io.Discard, p) }

// answered is what a script's replies say.
const answered = "answered"

// reply is the reply of FooApi.echo to the call with an id.
func reply(id int32) []byte {
	body := []byte{0x0b, 0, 0}
	body = binary.BigEndian.AppendUint32(body, uint32(len(answered)))
	return framedMessage(wire.Reply, id, append(append(body, answered...), 0))
}

// refusal is an exception with a code as the reply to the call with an id, which says
// whether the call was run.
func refusal(id int32, code mux.Code, n mux.NotRun) []byte {
	return framedMessage(wire.Exception, id, wire.AppendMarkedException(nil, wire.Binary, int32(code), code.String(), n))
}

func framedMessage(kind wire.Type, id int32, body []byte) []byte {
	frame, mark := wire.BeginFrame(nil)
	frame = wire.AppendHeader(frame, wire.Binary, kind, "echo", id)
	frame = append(frame, body...)
	wire.EndFrame(frame, mark)
	return frame
}

// headerEnd is where the header of a reply ends, its frame's length included.
const headerEnd = wire.FrameHeaderSize + 16

// stage is a listener whose connections a script plays on.
type stage struct {
	net.Listener
	dial  func() (net.Conn, error)
	dials atomic.Int32
	open  atomic.Int32 // of the client's ends
	most  atomic.Int32 // that were open at a time
	wg    sync.WaitGroup
}

// play runs a script on each connection of a listener until end is called.
func play(l net.Listener, s script, dial func() (net.Conn, error)) *stage {
	st := &stage{Listener: l, dial: dial}
	st.wg.Go(func() {
		for n := 1; ; n++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			st.wg.Go(func() {
				defer nc.Close()
				s(&peer{nc, n})
			})
		}
	})
	return st
}

func playInMemory(s script) *stage {
	l := servertest.Listen()
	return play(l, s, func() (net.Conn, error) { return l.Dial() })
}

func playOverTCP(t *testing.T, s script) *stage {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return play(l, s, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) })
}

// client makes c a client of the stage.
func (st *stage) client(c *client.Client) *client.Client {
	c.Target = "stage:1"
	c.DialContext = func(context.Context, string, string) (net.Conn, error) {
		st.dials.Add(1)
		nc, err := st.dial()
		if err != nil {
			return nil, err
		}
		n := st.open.Add(1)
		for most := st.most.Load(); n > most && !st.most.CompareAndSwap(most, n); most = st.most.Load() {
		}
		if nc, ok := nc.(*servertest.Conn); ok {
			return &counted{Conn: nc, open: &st.open}, nil
		}
		return nc, nil
	}
	return c
}

// counted is a client's end in memory, which is counted as long as it is open.
type counted struct {
	net.Conn
	open *atomic.Int32
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// end waits until every script has ended. The client must be closed before.
func (st *stage) end() {
	st.Close()
	st.wg.Wait()
}

// echo makes one call on a stage.
func echo(ctx context.Context, c *client.Client) error {
	got, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(ctx, "question")
	if err == nil && got != answered {
		return &mux.Error{Message: "wrong answer " + got}
	}
	return err
}
