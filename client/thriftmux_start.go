package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"time"

	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// greeted is a connection on which a ThriftMux session has begun.
type greeted struct {
	net.Conn
	window int // the largest body of a frame that the server wants
}

// errNoMux is the failure of a check that the server did not echo.
var errNoMux = errors.New("the server does not negotiate ThriftMux")

// greet begins a session with a server that is known to speak ThriftMux.
func (n *Node) greet(ctx context.Context, nc net.Conn) (net.Conn, error) {
	window, err := begin(ctx, nc, n.client.bounds.message)
	if err != nil && window == 0 {
		nc.Close()
		return nil, fmt.Errorf("dial %s: ThriftMux: %w", n.endpoint.Addr, err)
	}
	return &greeted{nc, window}, nil
}

// askTime bounds how long a server that may not speak ThriftMux has to say so. An
// old one of unframed messages would wait for the rest of a name.
const askTime = time.Second

// ask begins a session with a server if that negotiates ThriftMux, or else opens
// another connection, since what it was asked may have confused it.
func (n *Node) ask(ctx context.Context, nc net.Conn) (net.Conn, error) {
	limited, cancel := context.WithTimeoutCause(ctx, askTime, errNoMux)
	defer cancel()
	window, err := begin(limited, nc, n.client.bounds.message)
	if err == nil {
		return &greeted{nc, window}, nil
	}
	nc.Close()
	if !errors.Is(err, errNoMux) {
		return nil, fmt.Errorf("dial %s: ThriftMux: %w", n.endpoint.Addr, err)
	}
	n.plain.Store(true)
	return n.client.reach(ctx, n.endpoint)
}

// begin begins a session on nc ("Mux, session start"): a check whether the server
// negotiates, and if so the negotiation. With errNoMux it does not, and a window
// that is not 0 says that it did answer. The check is one that does no harm to a
// server of plain Thrift, whichever way the client came to ask; see
// thriftmux.AppendProbe.
func begin(ctx context.Context, nc net.Conn, limit int) (window int, err error) {
	// The end of ctx ends reads and writes.
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
	window, err = negotiate(nc, limit)
	if !stop() {
		return 0, context.Cause(ctx)
	}
	return window, err
}

// ownWindow is the largest body of a frame that a server is asked to send, so that
// its other replies need not wait for the end of a long one.
const ownWindow = 256 << 10

func negotiate(nc net.Conn, limit int) (window int, err error) {
	if _, err := nc.Write(thriftmux.AppendProbe(nil)); err != nil {
		return 0, err
	}
	f, err := readFrame(nc)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNoMux, err)
	}
	if !thriftmux.IsCheckTinit(f) {
		return math.MaxInt32, fmt.Errorf("%w: it answers with %v", errNoMux, f.Type)
	}
	i := thriftmux.Init{Version: thriftmux.Version}
	i.AddFrameLimit(min(limit, ownWindow))
	i.Add(thriftmux.InitTLS, thriftmux.TLSOff.String())
	out, mark := thriftmux.BeginFrame(nil, thriftmux.Tinit, thriftmux.SessionTag)
	out = thriftmux.AppendInit(out, i)
	thriftmux.EndFrame(out, mark)
	if _, err := nc.Write(out); err != nil {
		return 0, err
	}
	if f, err = readFrame(nc); err != nil {
		return 0, err
	}
	return agreed(f)
}

// agreed reads the answer to a Tinit.
func agreed(f thriftmux.Frame) (window int, err error) {
	switch f.Type {
	case thriftmux.Rerr:
		return 0, fmt.Errorf("the server refuses the session: %q", f.Body)
	case thriftmux.Rinit:
	default:
		return 0, fmt.Errorf("the server answers a Tinit with %v", f.Type)
	}
	i, err := thriftmux.ParseInit(f.Body, thriftmux.Limits{})
	if err != nil {
		return 0, err
	}
	if i.Version != thriftmux.Version {
		return 0, fmt.Errorf("the server speaks version %d of Mux, not %d", i.Version, thriftmux.Version)
	}
	if _, ok := thriftmux.AgreeTLS(thriftmux.TLSOff, i.TLS()); !ok {
		return 0, errors.New("the server requires TLS inside the session")
	}
	return i.FrameLimit()
}

// maxGreeting bounds a frame before the session is open, in bytes.
const maxGreeting = 64 << 10

// readFrame reads one frame and nothing behind it, and answers pings that come
// before it.
func readFrame(nc net.Conn) (thriftmux.Frame, error) {
	for {
		b := make([]byte, wire.FrameHeaderSize)
		if _, err := io.ReadFull(nc, b); err != nil {
			return thriftmux.Frame{}, err
		}
		n, err := wire.FrameSize(b, maxGreeting)
		if o, ok := wire.SniffReply(b); ok && err != nil {
			err = errors.New(answers(o, b))
		}
		if err != nil {
			return thriftmux.Frame{}, err
		}
		b = append(b, make([]byte, n-len(b))...)
		if _, err := io.ReadFull(nc, b[wire.FrameHeaderSize:]); err != nil {
			return thriftmux.Frame{}, err
		}
		if o, ok := wire.SniffReply(b); ok && o.Dialect != wire.ThriftMux {
			return thriftmux.Frame{}, errors.New(answers(o, b))
		}
		f, _, err := thriftmux.ParseFrame(b, maxGreeting)
		if err != nil || f.Type != thriftmux.Tping {
			return f, err
		}
		if _, err := nc.Write(thriftmux.AppendEmpty(nil, thriftmux.Rping, f.Tag)); err != nil {
			return thriftmux.Frame{}, err
		}
	}
}
