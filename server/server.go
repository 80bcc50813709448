package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = errors.New("server: closed")

// Server serves Thrift calls on any number of listeners. The zero Server serves
// within the default bounds; it answers every call UnknownMethod until it has a
// Handler. The fields must not change once it serves. All methods may be called
// concurrently.
//
// Fields that contradict each other, or break what their documentation asks for,
// are an error of Serve, ServeConn and ListenAndServe, which names all of them.
//
// Every bound is a field of its own. 0 means the default that the field names, a
// negative value means no bound.
type Server struct {
	// Handler answers the calls, usually a *mux.Mux.
	Handler mux.Handler
	// Filters stand around Handler, for the calls of all services; the first is
	// the outermost. They see the names as they came, before any routing.
	Filters []mux.Filter
	// ErrorLog gets what happens outside of calls: accept errors, connections
	// that were refused or broken; and the errors that clients are not told of, unless
	// a filter has logged them (mux.Request.Logged). Clients can cause at most one line
	// a second of each kind: for each bound, for each method and code, for each place of
	// a panic. unlogged says how many were left out since the last line; the stack of a
	// panic is in the first line only. nil means slog.Default().
	ErrorLog *slog.Logger
	// Observer is told of connections and refusals.
	Observer mux.Observer
	// VerboseErrors sends the text of every error to the client, also of those
	// not meant for it. Never set it where strangers can connect.
	VerboseErrors bool
	// ConcurrentOneway lets calls run while a oneway call that came before them
	// on their connection still runs.
	ConcurrentOneway bool
	// Disable lists dialects that are not served, by the names of mux.Peer's
	// Dialect: "framed binary", "framed compact", "framed json", the same three
	// with "buffered", "theader", "thriftmux", "http". "framed" and "buffered"
	// alone stand for all of their protocols. A connection that opens in one is
	// closed, with a line in the log. "theader zlib" switches off compressed calls
	// in THeader frames alone: each is answered InvalidTransform. A name that is
	// none of these is an error of Serve. Default: everything is served.
	Disable []string

	// TLSConfig turns TLS on: it is required of every connection unless
	// TLSOptional is set, and a plain one is closed. nil means that TLS is off.
	// ClientAuth and ClientCAs ask for client certificates; who was verified is
	// in mux.Peer. See Certificate for one that is read anew while serving.
	// NextProtos must not offer "h2".
	TLSConfig *tls.Config
	// TLSOptional serves plain connections beside those with TLS, on one port.
	// It means nothing without TLSConfig.
	TLSOptional bool
	// ProxyTrusted lists whose PROXY headers are believed, versions 1 and 2: the
	// addresses of balancers. They may send one, and need not. From others, and
	// if the list is empty from all, a header ends the connection. Over a Unix
	// socket, which has no such address, any list means that it is believed.
	ProxyTrusted []netip.Prefix

	// HealthWithoutCert lets clients without a certificate ask for GET /healthz
	// and /readyz over HTTP where TLSConfig requires client certificates: health
	// probes have none. They get nothing else: any other HTTP request is answered
	// 403, and a connection that speaks another dialect is closed before a message
	// of it is read. Such a connection is closed after one answer, and SniffTimeout
	// after its handshake at the latest. A certificate that is given is checked as
	// without this field. It is an error of Serve if TLSConfig does not require
	// certificates or HTTP is not served. Session ticket keys that are set on
	// TLSConfig while serving have no effect with it. Default: the handshake fails
	// without a certificate.
	HealthWithoutCert bool
	// Hosts lists the hosts that HTTP requests may name, as in "api.example",
	// "api.example:9090" or "127.0.0.1", in any case: a name without a port stands
	// for requests with any. A request for another host is answered 421, which
	// keeps pages out whose own name was made to lead to this server (DNS
	// rebinding). GET /healthz and /readyz are answered under any name, since
	// balancers ask by address. A wrong entry is an error of Serve. Default: all
	// hosts.
	Hosts []string
	// Origins lists the origins, as in "https://app.example", whose pages may call
	// over HTTP from a browser, and read the replies and their headers. Browsers
	// ask first (preflights, OPTIONS requests); they are told that POST and any
	// header may be sent, but never cookies or other credentials of theirs. A call
	// of a page of any other origin is answered 403. "*" alone allows every
	// origin: then any page that somebody opens can call whatever that browser can
	// reach, so it is for services that are open to everybody anyway, never for
	// those that a private network or localhost protects. An entry that is not an
	// origin as browsers send it is an error of Serve. Default: none.
	Origins []string
	// Ready is asked for each GET /readyz, by any number of goroutines at once; an
	// error or a panic means that the server is not ready, and the answer is 503.
	// Strangers can ask too: it must return quickly and cost little. The answer
	// has the text of a *mux.Error, and of any other error only if VerboseErrors is
	// set; it is logged at most once a second. Calls are served all the same.
	// Default: ready until Shutdown or Close is called.
	Ready func() error

	// MaxConns bounds the open connections; one more is closed at once. Default
	// 10,000.
	MaxConns int
	// MaxCalls bounds the calls that have been read and not answered, over all
	// connections; one more is answered Overloaded without being run. Default
	// 10,000.
	MaxCalls int
	// MaxCallsPerConn bounds the same for one connection, of which no other call
	// is started while it has that many: up to 64 KiB of them wait in the server,
	// the rest in the network. A client that goes away meanwhile is noticed within
	// 100 ms, but behind 64 KiB that wait not before a call has ended. 1 makes the
	// calls of a connection run one after the other, as Apache's servers do.
	// Default 256. A ThriftMux session, which carries all calls of a process, is
	// read on, and the call refused as one that its client may send elsewhere;
	// there the default is 4,096. Only while more than 64 KiB of answers to its pings
	// and refused calls are unsent is it not read.
	MaxCallsPerConn int
	// MaxBytes bounds the bytes of requests that run or have come in part, of replies
	// that are not written yet, and of the replies that are expected of calls that
	// run, over all connections. A call beyond it is answered Overloaded without being
	// run, and one of a connection that holds no more than 64 KiB (or 1/256 of
	// MaxBytes, if that is less) beyond nine eighths of it. The count may be off by 16 KiB for each connection and each call that runs,
	// and what the system, TLS and HTTP take for a connection is not in it, nor what
	// handlers allocate. Go's collector lets a process grow to about twice of what is
	// in use; GOMEMLIMIT (package runtime) bounds that.
	//
	// A connection that holds more than that takes more only while it holds less than what is free of seven eighths of
	// MaxBytes. Otherwise it starts no call, as with MaxCallsPerConn, and of a message
	// that is not whole the call is answered Overloaded; an unframed connection ends
	// then. While MaxBytes is passed, a connection that holds more than what is left up
	// to nine eighths of it is closed when it gets a further reply. From three quarters of MaxBytes on, those connections are closed, the largest
	// first, whose client has for a second taken no byte of its replies, or sent none of
	// a message that has begun. Default 1 GiB.
	MaxBytes int
	// MaxConnBytes bounds the bytes of requests that run and of replies, expected ones
	// included, for one connection, which starts no call while it has that many, as
	// with MaxCallsPerConn. Replies may overshoot it; a connection whose unsent replies
	// come to twice as many is closed. On ThriftMux it also bounds the calls that have
	// come in part; one more is refused as one that its client may send elsewhere.
	// Default 64 MiB.
	MaxConnBytes int
	// MaxMessageSize bounds one message in bytes, without its frame's length.
	// The call is answered ProtocolError, and the connection closed. At most
	// 218,762,505, the length that a PROXY header would read as. Default
	// 16,384,000, the frame limit of the Apache runtimes.
	MaxMessageSize int
	// MaxInflateRatio bounds what a zlib stream in a THeader frame, or a gzip body over
	// HTTP, may become, as a multiple of its size; contents of up to 64 KiB may have any
	// ratio. A call over it is answered ProtocolError, or the status 413 over HTTP. 0,
	// the default, means a ratio of 100 for contents over 16,384,000 bytes only, since
	// clients do send blobs of one pattern: smaller ones are bounded by MaxMessageSize,
	// MaxBytes and MaxDecoded. See also Disable.
	MaxInflateRatio int
	// MaxDecoded bounds the memory in bytes that the arguments of one call may take
	// once a stub has decoded them: a list of a million empty structs is a megabyte
	// on the wire and a hundred in memory. It is an estimate, made from the counts
	// before anything is allocated; see [protocol.Memory]. A call over it is
	// answered ProtocolError. What is more than 64 KiB and four times the encoded
	// arguments also counts for MaxBytes while the call runs; over that the call is
	// answered Overloaded. Raw handlers decode nothing. Default eight times
	// MaxMessageSize.
	MaxDecoded int
	// MaxNameLen bounds the name of a call in bytes, "Service:" included; a
	// connection that sends a longer one is closed. Default 1 KiB.
	MaxNameLen int
	// MaxHeaderBytes bounds the headers of a call, in dialects that have some;
	// unless there is no bound, they may also be no more than 1,024 on THeader.
	// Default 64 KiB.
	MaxHeaderBytes int
	// MaxDepth bounds the nesting of structs and containers in a message.
	// Default 64.
	MaxDepth int

	// IdleTimeout bounds how long a connection may be open with no call running
	// and no bytes coming, the time to the first byte included. Default 30
	// minutes, since pools and balancers connect early.
	IdleTimeout time.Duration
	// SniffTimeout bounds the time from a connection's first byte to when it is
	// known what the connection speaks, TLS and PROXY included. A client that is
	// silent after a PROXY header or a TLS handshake is idle; the time begins
	// anew with its next byte. Default 10 s.
	SniffTimeout time.Duration
	// MessageTimeout bounds the time from a message's first byte to its last.
	// Default 60 s.
	MessageTimeout time.Duration
	// WriteTimeout bounds how long a client may take no byte of its replies,
	// give or take a quarter. Default 30 s.
	WriteTimeout time.Duration
	// HalfCloseGrace is how long the calls of a client that has ended its bytes
	// go on before their contexts end. Their replies are sent all the same.
	// Default 5 s.
	HalfCloseGrace time.Duration
	// DrainDelay is how long Shutdown goes on serving before it closes anything,
	// while GET /readyz says 503 already: time for balancers to notice. Default
	// none.
	DrainDelay time.Duration
	// MaxCallTime ends the context of a call that takes longer. Default none.
	MaxCallTime time.Duration

	startOnce sync.Once
	startErr  error
	state                // set by start
	mu        sync.Mutex // guards what follows
	listeners map[net.Listener]struct{}
	conns     map[*connection]struct{}
	mounted   map[*mounted]struct{} // requests to HTTPHandler
	phase     phase
	draining  atomic.Bool // Shutdown or Close has been called
	http      httpFront
	gone      chan struct{} // closed when the last connection or mounted request ends after Shutdown began
}

// state is what a server runs on, made once from its fields.
type state struct {
	bounds  bounds
	handler mux.Handler
	log     *slog.Logger
	epoch   time.Time
	ctx     context.Context // ends in Close
	cancel  context.CancelCauseFunc
	rules   httpRules
	tls     *tls.Config // TLSConfig, or what HealthWithoutCert makes of it
	names   names
	load    load
	workers workers
	monitor monitor
	relief  relief
}

// phase is how far the end of a server has come.
type phase int

const (
	serving phase = iota
	draining
	closed
)

// start makes the server ready, once.
func (s *Server) start() error {
	s.startOnce.Do(func() {
		s.bounds = s.resolve()
		s.startErr = s.check()
		s.tls = s.TLSConfig
		if s.HealthWithoutCert && s.tls != nil {
			s.tls = certOptional(s.tls)
		}
		h, filters := s.Handler, s.Filters
		if h == nil || s.startErr != nil {
			h = mux.New()
		}
		if s.startErr != nil {
			filters = nil // one may be nil
		}
		s.handler = guarded(h, filters)
		if o, ok := h.(mux.OnewayHandler); ok {
			s.names.isOneway = o.IsOneway
		}
		if q, ok := h.(mux.QuickHandler); ok {
			s.names.isQuick = q.IsQuick
		}
		if g, ok := h.(mux.GenerationHandler); ok {
			s.names.changing = g
		}
		s.log = s.ErrorLog
		if s.log == nil {
			s.log = slog.Default()
		}
		s.epoch = time.Now().Add(-1) // so that no time since is 0
		s.ctx, s.cancel = context.WithCancelCause(context.Background())
		s.monitor.takeOver = s.workers.now
		s.monitor.done = s.ctx.Done()
		s.listeners = make(map[net.Listener]struct{})
		s.conns = make(map[*connection]struct{})
		if d := thrift.ServerConnectivityCheckInterval; d > 0 && s.startErr == nil {
			s.log.Info("server: stubs of the Apache compiler start a goroutine and a ticker for each call while "+
				"thrift.ServerConnectivityCheckInterval is over 0; this server notices departed clients by itself, set it to 0",
				"interval", d)
		}
	})
	return s.startErr
}

// Serve accepts connections on l and serves them until Shutdown or Close, after
// which it returns ErrServerClosed, or until l fails for good. Running out of
// descriptors and the like is waited out. It closes l. Serve returns while
// connections may still be served; Shutdown waits for them. Of a listener that
// speaks TLS by itself the server does not know that it does: mux.Peer tells of
// sessions by TLSConfig alone.
func (s *Server) Serve(l net.Listener) error {
	if l == nil {
		return errors.New("server: Serve: nil listener")
	}
	defer l.Close()
	if err := s.start(); err != nil {
		return err
	}
	if !s.addListener(l) {
		return ErrServerClosed
	}
	defer s.removeListener(l)
	var wait time.Duration
	for {
		nc, err := l.Accept()
		if err == nil && nc == nil {
			err = errors.New("the listener returned neither a connection nor an error")
		}
		if err == nil {
			wait = 0
			s.accepted(nc)
			continue
		}
		if s.ending() {
			return ErrServerClosed
		}
		if !temporary(err) {
			return fmt.Errorf("server: accept: %w", err)
		}
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		if n, ok := s.load.mayLog("accept", time.Now()); ok {
			s.log.Error("server: accept failed, will try again", "err", err, "in", wait, "unlogged", n)
		}
		if !s.pause(wait) {
			return ErrServerClosed
		}
	}
}

// ServeConn serves one connection and returns when it has ended: nil if by the
// client's or the server's wish, or else why. It closes nc.
func (s *Server) ServeConn(nc net.Conn) error {
	if nc == nil {
		return errors.New("server: ServeConn: nil connection")
	}
	if err := s.start(); err != nil {
		nc.Close()
		return err
	}
	c, err := s.addConn(nc)
	if err != nil {
		nc.Close()
		return err
	}
	s.workers.now(c)
	<-c.done
	return c.why
}

// accepted starts serving a connection that was accepted, or refuses it.
func (s *Server) accepted(nc net.Conn) {
	c, err := s.addConn(nc)
	if err != nil {
		nc.Close()
		return
	}
	s.workers.now(c)
}

// addConn makes nc one of the server's connections.
func (s *Server) addConn(nc net.Conn) (*connection, error) {
	s.mu.Lock()
	switch {
	case s.phase != serving:
		s.mu.Unlock()
		return nil, ErrServerClosed
	case len(s.conns) >= s.bounds.conns:
		s.mu.Unlock()
		err := fmt.Errorf("server: connection over the limit of %d (MaxConns)", s.bounds.conns)
		s.refused(&mux.Peer{Addr: nc.RemoteAddr(), Local: nc.LocalAddr()}, "MaxConns", err)
		return nil, err
	}
	c := newConnection(s, nc)
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	return c, nil
}

// removeConn is called once for each connection, when all of it has ended.
func (s *Server) removeConn(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.lastGoneLocked()
}

func (s *Server) addListener(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != serving {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) removeListener(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// refused reports what was turned away at a bound, at most once a second in the
// log for each bound.
func (s *Server) refused(p *mux.Peer, bound string, err error) {
	if f := s.Observer.Refused; f != nil {
		f(p, mux.Refusal{Bound: bound, Err: err})
	}
	if n, ok := s.load.mayLog(bound, time.Now()); ok {
		s.log.Warn("server: refused", "bound", bound, "peer", text.Label(p.String()), "err", text.Error(err), "unlogged", n)
	}
}
