// Package server serves any number of Thrift services on one port.
//
// A [Server] accepts connections, finds out from the first bytes of each what it
// speaks, cuts the stream into messages, and passes every call to its
// [mux.Handler], usually a [mux.Mux]. Replies leave in the order of the calls
// where the dialect asks for that, as they are ready where it does not, and many
// in one write.
//
//	m := mux.New()
//	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
//	m.Register("BarApi", bar.NewBarApiProcessor(&barService{}))
//	srv := &server.Server{Handler: m}
//	log.Fatal(srv.ListenAndServe(":9090"))
//
// # Dialects
//
// Messages with a length before them (framed) or without (buffered), in the
// binary protocol, strict or old, the compact or the JSON protocol; THeader
// frames of binary and compact messages, also compressed; ThriftMux; and HTTP
// POST. Nothing of that is configured but by [Server.Disable]. Each client is
// answered in the form of its call. A connection keeps to the dialect of its
// first bytes, and one that opens with bytes of none is closed with a line in
// the log.
//
// What Apache's servers pass over between two messages is passed over: empty frames,
// also before the first message and between THeader frames; THeader frames that hold
// no message, which Apache's C++ clients send when they close; and white space
// between JSON messages without a length before them.
//
// # Headers
//
// Those of a call, in dialects that have some, are in [mux.Request]'s Header, and
// where the Apache runtime's thrift.GetHeader and thrift.GetReadHeaderList look
// for them in the context of a stub. Headers of a reply are what a handler set on
// the runtime's thrift.GetResponseHelper, and what a filter set in [mux.Reply]'s
// Header. They leave with that reply alone.
//
// A header is found under the same key on every dialect, since case makes no
// difference: thrift.GetHeader(ctx, "x-trace-id") and Request.Header.Get find it
// however the client spelled it. Lists of keys have those of THeader and ThriftMux
// as the client spelled them, and those of HTTP in lower case, with the host that
// the request names as "host".
//
// # Connections
//
// The first bytes tell what a connection speaks, and what may stand before that:
// a PROXY header of a balancer that ProxyTrusted names, then TLS if TLSConfig is
// set. A client that closes or resets before it said anything of its own, as
// health checks do, leaves no line in the log.
//
// # HTTP
//
// HTTP/1.1 is served on the same port: a POST of application/x-thrift or
// application/vnd.apache.thrift.binary, .compact or .json is a call, whose body
// is one message without a length before it. The body may be compressed by gzip,
// within MaxInflateRatio, as one stream with nothing behind it. Answers have status 200, exceptions and the empty ones of
// oneway calls too, as in Apache's servers; another status says that there was no
// call:
//
//	400  the body is no call, or no whole gzip stream
//	403  a browser acts for a page of an origin that is not in Origins; or there is
//	     no client certificate (HealthWithoutCert)
//	405  not a POST
//	408  the body did not come within MessageTimeout
//	413  over MaxMessageSize, or over MaxInflateRatio
//	415  another Content-Type, or a Content-Encoding that is neither gzip nor
//	     identity, or more than one
//	421  a host that is not in Hosts
//	431  over MaxHeaderBytes
//	503  over MaxBytes, or the server drains
//
// Pages of other origins may call if Origins lists them. If browsers can reach the
// server, Hosts should list its names.
//
// GET /healthz is answered 200, and GET /readyz too until Shutdown begins, unless
// Ready has an error. Both are answered under any host, and with HealthWithoutCert
// to clients that have no certificate.
//
// [Server.HTTPHandler] answers calls in a server of the user's own, also over
// HTTP/2.
//
// # Concurrency
//
// The calls of a connection run at the same time, up to MaxCallsPerConn, and are
// started in the order in which they came; which of two handlers runs first is
// not promised. A oneway call is a barrier on dialects that keep the order: what
// came after it starts when it has ended, as in Apache's servers. A call that is
// alone on its connection runs on the goroutine that read it; if it takes long,
// another goroutine goes on reading.
//
// # Contexts
//
// The context of a call ends when its client has gone: at once if the connection
// was reset or a reply could not be written, HalfCloseGrace after the end of the
// client's bytes otherwise. The context of a oneway call does not end with its
// client. Both end in [Server.Close].
//
// That a client has gone is seen by reading. A connection that has MaxCallsPerConn
// calls or MaxConnBytes starts no more, but if that lasts for 100 ms it is read all
// the same, to see it; what comes waits for its turn. There are cases in which
// nothing is read, and a client that has gone is not noticed before a call of its
// connection has ended: behind 64 KiB that wait so, or behind less while the server
// holds MaxBytes; while a oneway call runs that others wait for; and while a THeader
// client's calls are waited for because it changes whether replies keep their
// order.
//
// On ThriftMux the end of the client's bytes ends a call's context at once; so do
// the client's word that it takes the call back, and the deadline that came with
// it. A call whose deadline has passed is not run. What else came with the call is
// in [mux.Request]'s Header, under the names of Finagle's contexts, and in the
// context for code behind a stub: see [mux.ContextsFrom].
package server
