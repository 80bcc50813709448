package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server/servertest"
)

// answer makes the reply to a call, a whole frame that it may write to. The call
// is number i of its connection.
type answer func(i int, frame []byte) []byte

// mirror is the right answer to Echo{Mirror: true}.
func mirror(_ int, frame []byte) []byte {
	frame[7] = byte(wire.Reply)
	return frame
}

// serve answers the calls of the connections of l, one after the other, with one
// write each.
func serve(l net.Listener, a answer) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			for i := 0; ; i++ {
				var length [4]byte
				if _, err := io.ReadFull(c, length[:]); err != nil {
					return
				}
				n, err := wire.FrameSize(length[:], 0)
				if err != nil {
					return
				}
				frame := append(length[:], make([]byte, n-len(length))...)
				if _, err := io.ReadFull(c, frame[len(length):]); err != nil {
					return
				}
				if _, err := c.Write(a(i, frame)); err != nil {
					return
				}
			}
		}()
	}
}

// inMemory returns the Dial of a network in memory, on which a answers.
func inMemory(t *testing.T, a answer) func(context.Context) (net.Conn, error) {
	l := servertest.Listen()
	t.Cleanup(func() { l.Close() })
	go serve(l, a)
	return func(context.Context) (net.Conn, error) { return l.Dial() }
}

// loopback returns the Dial of a port on the loopback interface, on which a
// answers.
func loopback(t *testing.T, a answer) func(context.Context) (net.Conn, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go serve(l, a)
	return func(context.Context) (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
}

func dial(t *testing.T, c Config) *Generator {
	t.Helper()
	g, err := Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// TestRun makes calls of which many more are in flight than the connection has
// room for: a generator that waits to write while the server waits too would
// never end.
func TestRun(t *testing.T) {
	for name, network := range map[string]func(*testing.T, answer) func(context.Context) (net.Conn, error){
		"memory": inMemory, "loopback": loopback,
	} {
		for _, c := range []struct{ conns, inFlight, size, calls int }{
			{calls: 50},
			{conns: 3, inFlight: 7, calls: 50},
			{conns: 2, inFlight: 32, size: 32 << 10, calls: 70},
			{size: 2 << 20, calls: 2}, // one call is more than there is room for
		} {
			g := dial(t, Config{
				Conns: c.conns, InFlight: c.inFlight, Dialect: Echo{Size: c.size, Mirror: true}, Dial: network(t, mirror),
			})
			for _, calls := range []int64{1, int64(c.calls)} {
				res, err := g.Run(t.Context(), Bound{Calls: calls})
				if err != nil || res.Calls != calls || res.Right != calls || res.Latency.N() != calls {
					t.Fatalf("%s, %+v, %d calls: %+v, %v", name, c, calls, res, err)
				}
			}
		}
	}
}

func TestRunForADuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := dial(t, Config{Conns: 2, InFlight: 3, Dialect: Echo{Mirror: true}, Dial: inMemory(t, func(i int, frame []byte) []byte {
			time.Sleep(10 * time.Millisecond)
			return mirror(i, frame)
		})})
		res, err := g.Run(t.Context(), Bound{Duration: 995 * time.Millisecond})
		// Three calls are under way all the time, and end after the last one was made.
		if want := int64(2 * (100 + 2)); err != nil || res.Right != want || res.Calls != want {
			t.Errorf("%d calls, %d right, %v; want %d", res.Calls, res.Right, err, want)
		}
		if res.Elapsed != 1020*time.Millisecond {
			t.Errorf("took %v", res.Elapsed)
		}
		if q := res.Latency.Quantile(0.5); q < 30*time.Millisecond || q > 31*time.Millisecond {
			t.Errorf("median %v, want about 30ms", q)
		}
	})
}

func TestRunCountsWrongReplies(t *testing.T) {
	g := dial(t, Config{InFlight: 4, Dialect: Echo{Mirror: true}, Dial: inMemory(t, func(i int, frame []byte) []byte {
		frame = mirror(i, frame)
		switch i % 10 {
		case 3:
			frame[len(frame)-2] ^= 1
		case 5:
			frame[7] = byte(wire.Exception)
		}
		return frame
	})})
	res, err := g.Run(t.Context(), Bound{Calls: 100})
	if err != nil || res.Right != 80 || res.Wrong != 10 || res.Exceptions != 10 {
		t.Errorf("%d right, %d wrong, %d exceptions, %v", res.Right, res.Wrong, res.Exceptions, err)
	}
}

func TestRunFails(t *testing.T) {
	var held []byte
	for name, c := range map[string]struct {
		answer answer
		text   string
	}{
		"the order changed": {func(i int, frame []byte) []byte {
			frame = mirror(i, frame)
			switch i {
			case 1:
				held = frame
				return nil
			case 2:
				return append(frame, held...)
			}
			return frame
		}, "out of order"},
		"a reply twice": {func(i int, frame []byte) []byte {
			frame = mirror(i, frame)
			if i == 5 {
				return append(frame, frame...)
			}
			return frame
		}, "no call under way"},
		"bytes behind the last reply": {func(i int, frame []byte) []byte {
			frame = mirror(i, frame)
			if i == 99 {
				return append(frame, 0)
			}
			return frame
		}, "behind the last reply"},
		"no frame": {func(i int, frame []byte) []byte { return []byte("HTTP/1.1 400") }, "wire: "},
	} {
		g := dial(t, Config{InFlight: 4, Dialect: Echo{Mirror: true}, Dial: inMemory(t, c.answer)})
		if _, err := g.Run(t.Context(), Bound{Calls: 100}); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.text)
		}
	}
}

func TestRunEndsWithoutReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := func(int, []byte) []byte { return nil }
		g := dial(t, Config{Dialect: Echo{}, Dial: inMemory(t, silent), Stall: time.Minute})
		start := time.Now()
		_, err := g.Run(t.Context(), Bound{Calls: 1})
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("a stall ended after %v with %v", time.Since(start), err)
		}

		g = dial(t, Config{Conns: 2, Dialect: Echo{}, Dial: inMemory(t, silent)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Run(ctx, Bound{Calls: 2}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("interrupted with %v", err)
		}
	})
}

func TestDialFails(t *testing.T) {
	broken := errors.New("broken")
	n := 0
	l := servertest.Listen()
	defer l.Close()
	_, err := Dial(t.Context(), Config{Conns: 3, Dial: func(context.Context) (net.Conn, error) {
		if n++; n == 3 {
			return nil, broken
		}
		return l.Dial()
	}})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestBound(t *testing.T) {
	g := dial(t, Config{Dial: inMemory(t, mirror)})
	if _, err := g.Run(t.Context(), Bound{}); !errors.Is(err, errUnbounded) {
		t.Errorf("without a bound: %v", err)
	}
	for _, n := range []int{1, 3, 7} {
		var sum int64
		for i := range n {
			sum += Bound{Calls: 5}.share(i, n)
		}
		if sum != 5 {
			t.Errorf("%d connections share %d calls, want 5", n, sum)
		}
	}
}
