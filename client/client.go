package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Mode says how many calls a connection carries at a time.
type Mode int

// The modes.
const (
	// Pipelined sends calls without waiting for the replies to those before: one
	// connection carries any number of them. Many servers run the calls of a
	// connection one after the other; a slow one then delays those behind it.
	Pipelined Mode = iota
	// Exclusive has one call at a time on a connection, as Apache's clients do:
	// for servers that break on pipelining, and so that on serial servers a slow
	// call delays nobody. A connection whose call was abandoned is closed, unless
	// the server can be told to give it up, as on ThriftMux.
	Exclusive
	// Adaptive shares a connection while its oldest call is younger than
	// SlowCall, and opens another when there is none, within the bound.
	Adaptive
)

// Client makes calls to the endpoints of one target. It connects at the first
// call, and again whenever a connection has been lost. Target must be set; every
// other field may be left zero. The fields must not change after the first use.
// All methods may be called concurrently.
//
// Fields that contradict each other, or break what their documentation asks for,
// are an error of the first call and of all others, which names all of them.
//
// Every bound is a field of its own. 0 means the default that the field names, a
// negative value means no bound.
type Client struct {
	// Target names the servers. Without a Resolver it is a list of addresses
	// with commas between: "host:port", or "unix:/path" for a Unix socket. A
	// name that stands for several IP addresses is one endpoint: the first
	// address that answers is taken. "thriftmux://" before the list sets the
	// dialect; with a Resolver, set Dialect instead.
	Target string
	// Resolver finds the endpoints of Target. nil takes Target as their list.
	Resolver Resolver
	// Balancer spreads the calls over the endpoints. nil is [LeastLoaded].
	Balancer Balancer
	// Mode says how calls share connections. Default Pipelined.
	Mode Mode
	// Dialect says how messages are cut: wire.Framed, wire.Buffered,
	// wire.THeader or wire.ThriftMux. Default wire.Framed.
	Dialect wire.Dialect
	// Negotiate asks each endpoint first whether it negotiates ThriftMux, and
	// speaks that with those that do. With the others it speaks Dialect, on
	// another connection; they are not asked again. A server of framed messages
	// refuses the question at once; one of unframed messages may wait for more of
	// it, and is given a second. With the Dialect wire.ThriftMux nothing is asked.
	Negotiate bool
	// ClientID is what servers on ThriftMux are told of who calls. Empty tells
	// them who called this process, if the call is made on behalf of a ThriftMux
	// call; see mux.ContextsFrom. At most 32,767 bytes. Other dialects do not
	// carry it.
	ClientID string
	// Protocol is the encoding of calls through Service: wire.Binary or
	// wire.Compact. Default wire.Binary. Calls through Handler keep the encoding
	// that they have, on connections of their own.
	Protocol wire.Protocol
	// Zlib compresses what is sent. Requires Dialect wire.THeader.
	Zlib bool
	// TLS makes every connection a TLS session. An empty ServerName is taken
	// from the endpoint. nil means no TLS.
	TLS *tls.Config
	// DialContext opens connections, before TLS. nil uses a net.Dialer. It is called
	// by any number of goroutines at once, and should end with its context, since
	// Close waits for it. A connection that the client has open already is refused.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Filters stand around every call; the first is the outermost. They see the
	// service and the method as the caller named them, and may change both. A
	// retry by the client itself happens inside of them.
	Filters []mux.Filter
	// Observer is told of connections. Refused is not used.
	Observer mux.Observer
	// Limits bounds what this client and all others that share it hold. nil
	// gives the client Limits of its own, with the defaults.
	Limits *Limits
	// FailFast makes a call fail at once where it would wait: Overloaded when a
	// bound is reached, Unavailable when every endpoint is down. While a
	// connection is being opened a call waits all the same.
	FailFast bool
	// Idempotent reports whether a method may be run twice. The client then
	// sends a call again, within its budget, also if the server may have run
	// it. It is called by any number of goroutines at once, those that make calls,
	// and holds up no other call. nil means none may.
	Idempotent func(service, method string) bool

	// MaxConnsPerEndpoint bounds the connections to one endpoint in one
	// protocol that take calls. As many more may be retired, see MaxAbandoned.
	// Default 1 for Pipelined and 16 for the other modes.
	MaxConnsPerEndpoint int
	// MaxCallsPerConn bounds the calls in flight on one connection, abandoned
	// ones included. Default 1,024; with Exclusive it is 1.
	MaxCallsPerConn int
	// MaxConnBytes bounds the bytes of calls that a connection has not sent yet.
	// A call may overshoot it by its own size. Default 16 MiB.
	MaxConnBytes int
	// MaxMessageSize bounds one message in bytes, without its frame's length. A
	// larger call fails, a larger reply ends the connection. At most 218,762,505.
	// Default 16,384,000, the frame limit of the Apache runtimes.
	MaxMessageSize int
	// MaxInflateRatio bounds what a zlib stream in a reply may become, as a multiple
	// of its size; contents of up to 64 KiB may have any ratio. A call whose reply is
	// over it fails with ProtocolError. 0, the default, means a ratio of 100 for
	// contents over 16,384,000 bytes only.
	MaxInflateRatio int
	// MaxDecoded bounds the memory in bytes that the result of one call may take
	// once the stub has decoded it. It is an estimate, made from the counts before
	// anything is allocated; see [protocol.Memory]. A call whose result is over it
	// fails with ProtocolError. Default eight times MaxMessageSize.
	MaxDecoded int
	// MaxDepth bounds the nesting of structs and containers in a reply. Default
	// 64.
	MaxDepth int
	// MaxAbandoned bounds the calls of a connection that their callers have
	// given up and that are not answered. At one more the connection is retired,
	// which counts as a failure of the endpoint: it takes no more calls, those
	// in flight are waited for, and it is closed when they have ended or when
	// StallTimeout passes. Another connection can be opened in its place, though
	// the retired one counts in Limits.MaxConns. At most MaxConnsPerEndpoint
	// connections to one endpoint in one protocol are retired at a time; any
	// other stays open, and takes no calls until enough replies have come or
	// StallTimeout passes. Default 256.
	MaxAbandoned int
	// MaxAttempts bounds how often one call is sent. Calls of which nothing was
	// sent are not counted. Default 3.
	MaxAttempts int
	// RetryShare bounds the calls that are sent again as a share of all calls.
	// Default 0.1.
	RetryShare float64
	// RetryFloor is how many calls may be sent again each second whatever the
	// share. It is saved up for 10 seconds, and the share up to 1,000 calls.
	// Default 10.
	RetryFloor int
	// EjectAfter is how many failures of an endpoint in a row make the client
	// leave it alone for a while: failed dials are counted from the first, lost
	// connections from this one on. Many signs of one event count once: a lost
	// connection or a failed dial is a failure if the connection was opened, or
	// the dial started, after the failure before it. Default 3.
	EjectAfter int

	// SlowCall is the age at which a call makes its connection one that others
	// avoid, with Adaptive; other modes do not use it. Default 5 ms.
	SlowCall time.Duration
	// DialTimeout bounds the time to open a connection, TLS included. Default
	// 10 s.
	DialTimeout time.Duration
	// MinBackoff is how long an endpoint is left alone after the first failure,
	// and MaxBackoff the most that this grows to, doubling with each failure; a
	// random half of it is taken off. MinBackoff must not exceed MaxBackoff.
	// Defaults 50 ms and 10 s.
	MinBackoff, MaxBackoff time.Duration
	// IdleTimeout closes a connection that has had no call for so long. It may
	// take a quarter longer, as may those below. Default 5 minutes.
	IdleTimeout time.Duration
	// WriteTimeout bounds how long a server may take no byte of what is sent.
	// Default 30 s.
	WriteTimeout time.Duration
	// MessageTimeout bounds the time from a reply's first byte to its last.
	// Default 60 s.
	MessageTimeout time.Duration
	// PingInterval is how long a ThriftMux server that owes replies may send
	// nothing before it is asked for a sign of life; if none comes within as long
	// again, the connection is closed. Default 5 s.
	PingInterval time.Duration
	// StallTimeout closes a connection, retired or not, that owes the reply to an
	// abandoned call, or to a oneway one on ThriftMux, and on which no reply at
	// all has come for so long. Calls in flight on it fail, and may have been
	// run. Default 60 s.
	StallTimeout time.Duration

	startOnce sync.Once
	startErr  error
	core
}

// Dial returns a client for target with the defaults of all fields; see
// [Client.Target]. It checks the target and connects at the first call.
func Dial(target string) (*Client, error) {
	if _, err := parseTarget(target); err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return &Client{Target: target}, nil
}

// Service returns a client for the stubs of one service, which any number of
// them may share. Names on the wire are "service:method"; with "" they are the
// bare method, as servers of a single service want it.
//
// A call returns the declared exception in its result, a *[Error] for the
// client's own failures, and a thrift.TApplicationException for a server's. A
// deadline that passes is a *[Error], whichever side notices it first. The
// headers that thrift.SetWriteHeaderList names in the context are sent, and
// those of the reply returned, in dialects that have some. A oneway call returns
// when the system has taken its bytes.
func (c *Client) Service(service string) thrift.TClient {
	return &stubClient{c: c, service: service}
}

// Handler returns a handler that forwards calls to one service: bytes pass
// through undecoded, in the protocol in which they came. With "" names are sent
// without a prefix. An exception of the server is a reply of that type, unless it
// says that the call was not run, or that its deadline has passed while the call's
// context has one. Such an exception, and a failure of the client's own, is returned
// as a *mux.Error that names no address and says whether the call may be sent again.
// The handler is a [mux.Forwarder].
//
// The reply's body is memory that the request holds (mux.Request.Held).
func (c *Client) Handler(service string) mux.Handler {
	return &forwarder{c: c, service: service}
}

// Close ends the client: calls that wait fail with [ErrClosed], and so do new
// ones; those in flight are waited for. If ctx ends first they are cut, and
// Close returns ctx's error. When it returns, nothing of the client runs any
// more.
func (c *Client) Close(ctx context.Context) error {
	c.startOnce.Do(func() { c.startErr = ErrClosed })
	if c.ctx == nil {
		return nil // it never started
	}
	return c.shutdown(ctx)
}
