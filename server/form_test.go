package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// form is one way to lay out messages.
type form struct {
	transport wire.Dialect // Framed, Buffered or THeader
	protocol  wire.Protocol
	old, zlib bool
}

// forms are all that a client may use, of the dialects without ids.
var forms = []form{
	{wire.Framed, wire.Binary, false, false}, {wire.Framed, wire.Binary, true, false},
	{wire.Framed, wire.Compact, false, false}, {wire.Framed, wire.JSON, false, false},
	{wire.Buffered, wire.Binary, false, false}, {wire.Buffered, wire.Binary, true, false},
	{wire.Buffered, wire.Compact, false, false}, {wire.Buffered, wire.JSON, false, false},
	{wire.THeader, wire.Binary, false, false}, {wire.THeader, wire.Binary, false, true},
	{wire.THeader, wire.Compact, false, false}, {wire.THeader, wire.Compact, false, true},
}

func (f form) String() string {
	s := fmt.Sprintf("%v %v", f.transport, f.protocol)
	if f.old {
		s += " old"
	}
	if f.zlib {
		s += " zlib"
	}
	return s
}

// forEachForm runs a test in memory, on fake time, for each form.
func forEachForm(t *testing.T, run func(t *testing.T, n *network, f form)) {
	for _, f := range forms {
		t.Run(f.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) { run(t, n, f) })
		})
	}
}

// msg is a message apart from its layout. Header and flags are of THeader.
type msg struct {
	typ    wire.Type
	name   string
	seqid  int32
	body   []byte
	header mux.Header
	flags  uint16
}

// bytes lays m out, with any bytes for its body.
func (f form) bytes(m msg) []byte {
	var b []byte
	if f.old {
		b = wire.AppendOldHeader(nil, m.typ, m.name, m.seqid)
	} else {
		b = wire.AppendHeader(nil, f.protocol, m.typ, m.name, m.seqid)
	}
	b = wire.AppendEnd(append(b, m.body...), f.protocol)
	return f.wrap(b, m)
}

// wrap puts the frame around a message.
func (f form) wrap(message []byte, m msg) []byte {
	switch f.transport {
	case wire.Framed:
		return append(wire.AppendFrameHeader(nil, len(message)), message...)
	case wire.THeader:
		w := theader.Begin(nil, theader.Header{Flags: m.flags, SeqID: m.seqid, Protocol: f.protocol, Zlib: f.zlib})
		for _, h := range m.header {
			w.Pair(h.Key, h.Value)
		}
		b, err := w.Payload()
		if err != nil {
			panic(err)
		}
		b, err = w.End(append(b, message...))
		if err != nil {
			panic(err)
		}
		return b
	}
	return message
}

// codec returns a codec of the form's protocol.
func (f form) codec(body []byte) protocol.Codec {
	var c protocol.Codec
	switch f.protocol {
	case wire.Binary:
		c = new(protocol.Binary)
	case wire.Compact:
		c = new(protocol.Compact)
	default:
		c = new(protocol.JSON)
	}
	c.ResetBody(protocol.Message{}, body, nil)
	return c
}

// encode encodes a struct.
func (f form) encode(t *testing.T, s thrift.TStruct) []byte {
	t.Helper()
	c := f.codec(nil)
	if err := s.Write(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c.Out()
}

// speaker is a client that speaks one form.
type speaker struct {
	t *testing.T
	form
	net.Conn
	r    *bufio.Reader
	raw  []byte        // unframed: the last message as it came
	rest []byte        // unframed: what has come and belongs to later messages
	sent chan struct{} // closed when all that was sent is written
}

func speak(t *testing.T, n *network, f form) *speaker {
	t.Helper()
	c, err := n.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &speaker{t: t, form: f, Conn: c, r: bufio.NewReader(c)}
}

// send writes messages in one write. It does not wait for the server to read
// them, which may want its replies read first.
func (s *speaker) send(ms ...msg) {
	var b []byte
	for _, m := range ms {
		b = append(b, s.bytes(m)...)
	}
	s.sendRaw(b)
}

func (s *speaker) sendRaw(b []byte) {
	before, done := s.sent, make(chan struct{})
	s.sent = done
	s.t.Cleanup(func() {
		s.Close()
		<-done
	})
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		s.Write(b) // an error shows in what comes back
	}()
}

// end ends the client's bytes, when all are written.
func (s *speaker) end() {
	<-s.sent
	s.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// recv reads a reply, and fails the test if none comes within 10 s.
func (s *speaker) recv() msg {
	s.t.Helper()
	s.SetReadDeadline(time.Now().Add(10 * time.Second))
	m, err := s.read()
	if err != nil {
		s.t.Fatalf("no reply: %v", err)
	}
	return m
}

func (s *speaker) read() (msg, error) {
	if s.transport == wire.Buffered {
		return s.readUnframed()
	}
	frame, err := s.readFrame()
	if err != nil {
		return msg{}, err
	}
	var m msg
	p := s.protocol
	if s.transport == wire.THeader {
		h, payload, err := theader.Parse(frame, theader.Limits{})
		if err != nil {
			return msg{}, err
		}
		if h.Zlib {
			if payload, err = theader.Inflate(nil, payload, 64<<20); err != nil {
				return msg{}, err
			}
		}
		for k, v := range h.Info.All {
			m.header.Add(string(k), string(v))
		}
		frame, p, m.flags = payload, h.Protocol, h.Flags
		if h.Zlib && !s.zlib {
			return msg{}, fmt.Errorf("the reply is compressed")
		}
	}
	h, err := wire.ParseHeader(p, frame, 0)
	if err != nil {
		return msg{}, err
	}
	m.typ, m.name, m.seqid = h.Type, string(h.Name), h.SeqID
	m.body, err = wire.Body(p, frame[h.Size:])
	return m, err
}

// readFrame reads a frame without its length.
func (s *speaker) readFrame() ([]byte, error) {
	var size [wire.FrameHeaderSize]byte
	if _, err := io.ReadFull(s.r, size[:]); err != nil {
		return nil, err
	}
	n, err := wire.FrameSize(size[:], -1)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, n-len(size))
	_, err = io.ReadFull(s.r, frame)
	return frame, err
}

func (s *speaker) readUnframed() (msg, error) {
	var reader wire.MessageReader
	reader.Reset(s.protocol, wire.Limits{Message: -1})
	for {
		if len(s.rest) > 0 {
			h, end, n, err := reader.Next(s.rest)
			if err != nil {
				return msg{}, err
			}
			if n > 0 {
				m := msg{typ: h.Type, name: string(h.Name), seqid: h.SeqID, body: s.rest[h.Size:end]}
				s.raw, s.rest = s.rest[:n], s.rest[n:]
				return m, nil
			}
		}
		chunk := make([]byte, 64<<10)
		n, err := s.r.Read(chunk)
		if s.rest = append(s.rest, chunk[:n]...); err != nil {
			return msg{}, err
		}
	}
}

// wantResult reads a reply and decodes its result.
func (s *speaker) wantResult(name string, seqid int32, result thrift.TStruct) msg {
	s.t.Helper()
	m := s.recv()
	if m.typ != wire.Reply || m.name != name || m.seqid != seqid {
		s.t.Fatalf("got %v %q %d %s, want the reply to %q %d", m.typ, m.name, m.seqid, m.body, name, seqid)
	}
	if err := result.Read(s.t.Context(), s.codec(m.body)); err != nil {
		s.t.Fatalf("%s %d: %v", name, seqid, err)
	}
	return m
}

// wantException reads an exception.
func (s *speaker) wantException(name string, seqid int32, code mux.Code) msg {
	s.t.Helper()
	m := s.recv()
	got, text, err := wire.ParseException(s.protocol, m.body)
	if m.typ != wire.Exception || m.name != name || m.seqid != seqid || err != nil || got != int32(code) {
		s.t.Fatalf("got %v %q %d (%d %q, %v), want exception %v of %q %d", m.typ, m.name, m.seqid, got, text, err, code, name, seqid)
	}
	return m
}

// wantClosed checks that the connection ends without another reply.
func (s *speaker) wantClosed() {
	s.t.Helper()
	s.SetReadDeadline(time.Now().Add(10 * time.Second))
	if m, err := s.read(); err != io.EOF || len(s.rest) > 0 {
		s.t.Fatalf("got %v %q, %v, want the end", m.typ, m.name, err)
	}
}
