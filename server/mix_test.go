package server_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// What a call of TestSoakMix asks of its handler.
const (
	mixPlain = iota
	mixYields
	mixSleeps
	mixSaysItBlocks
	mixPanics
	mixExits
	mixKinds
)

// TestSoakMix has connections with random mixes of calls come and go, and end in every
// way, for as long as SOAK says. Replies must be right and in order, and of a client
// that waits for them none may be missing. In the end nothing may be counted.
func TestSoakMix(t *testing.T) {
	length := 300 * time.Millisecond
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	procs := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(procs)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	round := min(length/3, 500*time.Millisecond)
	for end := time.Now().Add(length); time.Now().Before(end) && !t.Failed(); {
		runtime.GOMAXPROCS(1 << r.IntN(3))
		mixRound(t, r, round)
	}
}

// mixRound runs one server of random bounds.
func mixRound(t *testing.T, r *rand.Rand, length time.Duration) {
	srv := mixServer(t)
	srv.ConcurrentOneway = r.IntN(2) == 0
	srv.MaxCallsPerConn = []int{0, 1, 3, 20}[r.IntN(4)]
	srv.MaxCalls = []int{0, 0, 10}[r.IntN(3)]
	n := onLoopback(t)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(n) }()
	var stopped, drained atomic.Bool
	var clients sync.WaitGroup
	for range 1 + r.IntN(12) {
		r := rand.New(rand.NewPCG(r.Uint64(), 0))
		clients.Go(func() {
			for !stopped.Load() {
				c, err := n.dial()
				if err != nil {
					if !drained.Load() {
						t.Error(err)
					}
					return
				}
				m := &mixClient{Conn: c, n: n, r: r, headers: r.IntN(2) == 0, refused: srv.MaxCalls > 0}
				if err := m.run(&stopped); err != nil && !drained.Load() || errors.Is(err, errMix) {
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(length)
	if r.IntN(2) == 0 {
		stopped.Store(true)
		clients.Wait()
	}
	drained.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	stopped.Store(true)
	clients.Wait()
	<-served
	wantNothingHeld(t, srv)
}

// mixServer answers A:plain, A:quick, which is promised not to wait though it may, and
// oneway calls of A:note.
func mixServer(t *testing.T) *server.Server {
	m := mux.New()
	m.Handle("A", mux.Quick(mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		asks, size, fill := req.Body[7], int(binary.BigEndian.Uint32(req.Body[8:])), byte(req.SeqID)
		if pad := req.Body[12 : len(req.Body)-1]; !filled(pad, fill) {
			t.Errorf("call %d has the arguments of another", req.SeqID)
		}
		switch asks {
		case mixYields:
			runtime.Gosched()
		case mixSleeps:
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		case mixSaysItBlocks:
			req.WillBlock()
			time.Sleep(100 * time.Microsecond)
		case mixPanics:
			panic("asked to")
		case mixExits:
			runtime.Goexit()
		}
		if pad := req.Body[12 : len(req.Body)-1]; !filled(pad, fill) {
			t.Errorf("call %d lost its arguments", req.SeqID)
		}
		return mux.Reply{Type: wire.Reply, Body: appendMix(req.Scratch, size, fill)}, nil
	}), "quick"))
	return &server.Server{Handler: m, ErrorLog: slog.New(slog.DiscardHandler)}
}

// appendMix appends a struct with a string of size bytes, all of them fill.
func appendMix(b []byte, size int, fill byte) []byte {
	b = append(b, 11, 0, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	for range size {
		b = append(b, fill)
	}
	return append(b, 0)
}

func filled(b []byte, fill byte) bool {
	for _, x := range b {
		if x != fill {
			return false
		}
	}
	return true
}

// mixCall is a call whose reply has not come.
type mixCall struct {
	seqid int32
	asks  byte
	size  int
	flags uint16
}

// mixClient is one connection.
type mixClient struct {
	net.Conn
	n       *network
	r       *rand.Rand
	headers bool   // THeader frames, else plain ones
	flags   uint16 // of the next calls
	refused bool   // calls may be
	seqid   int32

	mu     sync.Mutex
	expect []mixCall // in the order of the calls
}

// errMix is of replies that are wrong, whoever ended the connection.
var errMix = errors.New("wrong reply")

// run sends calls for a while, and ends the connection in one of several ways. The
// error is of replies that are wrong or missing.
func (c *mixClient) run(stopped *atomic.Bool) error {
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	received := make(chan error, 1)
	lazy := c.r.IntN(4) == 0
	go func() { received <- c.receive(lazy) }()
	for range c.r.IntN(60) {
		if stopped.Load() {
			break
		}
		if _, err := c.Write(c.batch()); err != nil {
			break // the receiver tells why
		}
		if c.r.IntN(4) == 0 {
			time.Sleep(time.Duration(c.r.IntN(500)) * time.Microsecond)
		}
	}
	abrupt := true
	switch c.r.IntN(6) {
	case 0:
		c.Close()
	case 1:
		c.n.reset(c.Conn)
	case 2:
		c.Write(c.batch()[:3]) // the end inside a message
		c.Close()
	default:
		abrupt = false
		c.Conn.(*net.TCPConn).CloseWrite()
	}
	err := <-received
	switch {
	case errors.Is(err, errMix):
		return err
	case abrupt:
		return nil
	case err != io.EOF || len(c.expect) > 0:
		return fmt.Errorf("%d replies are missing: %w", len(c.expect), err)
	}
	return nil
}

// batch lays out some calls.
func (c *mixClient) batch() (b []byte) {
	quick := c.r.IntN(2) == 0
	if c.headers && c.r.IntN(4) == 0 {
		c.flags ^= theader.FlagOutOfOrder
	}
	for range 1 + c.r.IntN(1<<c.r.IntN(7)) {
		c.seqid++
		m := mixCall{seqid: c.seqid, size: c.r.IntN(200), flags: c.flags}
		if c.r.IntN(10) == 0 {
			m.asks = byte(c.r.IntN(mixKinds))
		}
		if c.r.IntN(20) == 0 {
			m.size = c.r.IntN(100_000)
		}
		pad := c.r.IntN(100)
		if c.r.IntN(20) == 0 {
			pad = c.r.IntN(100_000)
		}
		typ, name := wire.Call, "A:plain"
		if quick {
			name = "A:quick"
		}
		if c.r.IntN(20) == 0 {
			typ, name = wire.Oneway, "A:note"
		}
		b = c.append(b, typ, name, m, pad)
		if typ == wire.Call {
			c.mu.Lock()
			c.expect = append(c.expect, m)
			c.mu.Unlock()
		}
	}
	return b
}

// append appends a call with pad bytes more than it needs.
func (c *mixClient) append(b []byte, typ wire.Type, name string, m mixCall, pad int) []byte {
	msg := wire.AppendHeader(nil, wire.Binary, typ, name, m.seqid)
	at := len(msg)
	msg = appendMix(msg, 5+pad, byte(m.seqid))
	msg[at+7] = m.asks
	binary.BigEndian.PutUint32(msg[at+8:], uint32(m.size))
	if c.headers {
		b, err := theader.Append(b, theader.Header{Flags: m.flags, SeqID: m.seqid}, msg)
		if err != nil {
			panic(err)
		}
		return b
	}
	b, mark := wire.BeginFrame(b)
	b = append(b, msg...)
	wire.EndFrame(b, mark)
	return b
}

// receive checks replies until the end, which it returns.
func (c *mixClient) receive(lazy bool) error {
	r := bufio.NewReader(c)
	for n := 0; ; n++ {
		var size [4]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return err
		}
		b := make([]byte, binary.BigEndian.Uint32(size[:]))
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		if c.headers {
			_, payload, err := theader.Parse(b, theader.Limits{})
			if err != nil {
				return fmt.Errorf("%w: %w", errMix, err)
			}
			b = payload
		}
		h, err := wire.ParseHeader(wire.Binary, b, 0)
		if err != nil {
			return fmt.Errorf("%w: %w", errMix, err)
		}
		m, ok := c.expected(h.SeqID)
		if !ok {
			return fmt.Errorf("%w: it is not the turn of call %d", errMix, h.SeqID)
		}
		if err := c.check(m, h.Type, b[h.Size:]); err != nil {
			return err
		}
		if lazy && n%16 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// expected takes the call with this seqid, if a reply to it may come now: to the first
// one that has none, or to any of those beside it whose replies have no order.
func (c *mixClient) expected(seqid int32) (mixCall, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, m := range c.expect {
		if i > 0 && (m.flags == 0 || c.expect[0].flags == 0) {
			break
		}
		if m.seqid == seqid {
			copy(c.expect[1:], c.expect[:i])
			c.expect = c.expect[1:]
			return m, true
		}
	}
	return mixCall{}, false
}

func (c *mixClient) check(m mixCall, typ wire.Type, body []byte) error {
	if typ == wire.Exception {
		code, text, err := wire.ParseException(wire.Binary, body)
		fails := m.asks == mixPanics || m.asks == mixExits
		if err != nil || !(fails && mux.Code(code) == mux.InternalError || c.refused && mux.Code(code) == mux.Overloaded) {
			return fmt.Errorf("%w: exception %d %q for call %d", errMix, code, text, m.seqid)
		}
		return nil
	}
	if len(body) != m.size+8 || !filled(body[7:len(body)-1], byte(m.seqid)) {
		return fmt.Errorf("%w: %d bytes for call %d, which wants %d", errMix, len(body), m.seqid, m.size+8)
	}
	return nil
}
