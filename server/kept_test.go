package server

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// unread returns a connection of a server that nobody reads, and its other end.
func unread(t *testing.T) (s *Server, c *connection, client net.Conn) {
	t.Helper()
	s = &Server{ErrorLog: slog.New(slog.DiscardHandler)}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	client, end := net.Pipe()
	t.Cleanup(func() {
		client.Close()
		end.Close()
		s.Close()
	})
	return s, newConnection(s, end), client
}

// TestAReplyThatIsLargerThanGuessed stands by itself: those around it stay side by
// side in the worker's buffer, which is not outgrown and goes back to its pool.
func TestAReplyThatIsLargerThanGuessed(t *testing.T) {
	before := conn.Outstanding()
	s, c, _ := unread(t)
	c.sess = openTHeader(c, wire.Opening{})
	w := &worker{set: &s.workers}
	reply := func(header string) *call {
		m := newCall(w, c)
		m.name = &name{method: "b"}
		m.req.Type, m.req.Protocol = wire.Call, wire.Binary
		m.result = mux.Reply{Type: wire.Reply, Body: []byte{0}}
		m.result.Header.Add("k", header)
		if !w.keep(m) {
			t.Fatal("the reply is not kept")
		}
		return m
	}
	first := reply("first")
	buf, array := w.kept.buf, &w.kept.buf.B[0]
	large := reply(strings.Repeat("x", 2*keptRoom))
	w.kept.bytes = 0 // as if it had been counted
	last := reply("last")
	if w.kept.buf != buf || cap(buf.B) != keptRoom || &buf.B[0] != array {
		t.Error("the worker's buffer was outgrown")
	}
	var side conn.Pieces
	for _, m := range []*call{first, large, last} {
		b := m.reply.Bytes()
		if want := m.result.Header.Get("k"); !bytes.Contains(b, []byte(want)) {
			t.Errorf("a reply of %d bytes has lost its header %.10q", len(b), want)
		}
	}
	if !side.Join(&first.reply) || side.Join(&large.reply) || !side.Join(&last.reply) {
		t.Error("the small replies do not stand side by side")
	}
	side.Release()
	for _, m := range []*call{first, large, last} {
		m.free(w)
	}
	w.relax()
	if n := conn.Outstanding() - before; n != 0 {
		t.Errorf("%d buffers are held by nobody", n)
	}
}

// TestAReplyIsNotLeftWhenTheReadingWasTakenOver: the new reader may end the connection
// as soon as no call is open, and what is left then would be lost.
func TestAReplyIsNotLeftWhenTheReadingWasTakenOver(t *testing.T) {
	for _, taken := range []bool{false, true} {
		s, c, client := unread(t)
		read := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, client)
			read <- n
		}()
		c.sess = openFramed(c, wire.Opening{Protocol: wire.Binary})
		w := &worker{set: &s.workers, leaves: always, lone: 1}
		c.lone.Store(1)
		if taken {
			c.lone.Store(2)
		}
		m := newCall(w, c)
		m.name = &name{method: "b"}
		m.req.Type, m.req.Protocol = wire.Call, wire.Binary
		m.result = mux.Reply{Type: wire.Reply, Body: make([]byte, 2*maxKept)}
		c.enter(m)
		s.admit(c, 1)
		c.complete(w, m)
		if left := w.unsent != nil; left == taken {
			t.Errorf("the reading was taken over: %v; the reply is left: %v", taken, left)
		}
		w.sendUnsent()
		w.relax()
		c.rwc.Close()
		if n := <-read; n <= 2*maxKept {
			t.Errorf("%d bytes came", n)
		}
	}
}

// TestBytesThatAreCountedLate: a worker may get to count replies only when another
// has sent them and the connection has ended.
func TestBytesThatAreCountedLate(t *testing.T) {
	s, c, _ := unread(t)
	c.mu.Lock()
	c.chargeLocked(-100) // written
	c.mu.Unlock()
	c.hangUp()
	c.closed(nil)
	c.send(&worker{set: &s.workers}, 100)
	if _, bytes := Held(s); bytes != 0 {
		t.Errorf("%d bytes are counted for a connection that has ended", bytes)
	}
}

// TestALongReplyEndsWithItsConnection: what waits for its turn, while the writing is left
// to the end of another call, is given back when the client has gone meanwhile.
func TestALongReplyEndsWithItsConnection(t *testing.T) {
	before := conn.Outstanding()
	s, c, _ := unread(t)
	sess := openThriftMux(c, wire.Opening{}).(*muxSession)
	c.sess, c.multi, c.ordered = sess, sess, false
	sess.open(1000)
	w := &worker{set: &s.workers, leaves: whileOpen}
	var calls []*call
	for tag, size := range []int{50_000, 100} {
		m := newCall(w, c)
		m.name = &name{method: "b"}
		m.req.Type, m.req.Protocol = wire.Call, wire.Binary
		m.result = mux.Reply{Type: wire.Reply, Body: make([]byte, size)}
		m.mux = muxCall{tag: uint32(tag), ctx: sess.newContext()}
		sess.tags.add(uint32(tag), m)
		sess.running++
		calls = append(calls, m)
	}
	c.enter(calls...)
	s.admit(c, len(calls))
	c.complete(w, calls[0])
	if c.bytes < 50_000 {
		t.Errorf("%d bytes are counted for a long reply", c.bytes)
	}
	c.cut(errClientGone)
	c.complete(w, calls[1])
	w.sendUnsent()
	w.relax()
	if c.bytes != 0 {
		t.Errorf("the connection counts %d bytes when nothing of it is left", c.bytes)
	}
	c.closed(nil)
	if calls, bytes := Held(s); calls != 0 || bytes != 0 {
		t.Errorf("%d calls and %d bytes are counted for a connection that has ended", calls, bytes)
	}
	if n := conn.Outstanding() - before; n != 0 {
		t.Errorf("%d buffers are held by nobody", n)
	}
}
