package main

import (
	"time"

	"github.com/oneport-thrift/oneport/internal/load"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// server is a row of the tables: a program with arguments, and what to send it.
type server struct {
	name string
	what string
	prog *program
	args []string
	// calls is what is sent, less the size.
	calls load.Echo
	// tls has the connections secured.
	tls bool
	// warm is how long it is loaded at least before the first round.
	warm time.Duration
	// few leaves out most shapes, and idle connections.
	few bool
	// single leaves out shapes with several calls in flight on a connection.
	single bool
	// of is the name of the row that this one is the earlier version of; empty for
	// all others.
	of string
}

// shapeName is the name by which shapes choose the row.
func (s server) shapeName() string {
	if s.of != "" {
		return s.of
	}
	return s.name
}

// beforeSuffix marks the rows of an earlier version.
const beforeSuffix = ", before"

// rows returns the servers to measure: with an earlier version to compare with, each
// of oneport's has it as the next row, so that the two are loaded in turn.
func (p *plan) rows() []server {
	if p.before == "" {
		return servers
	}
	earlier := goProgramBefore("server/oneport", p.before)
	var all []server
	for _, s := range servers {
		all = append(all, s)
		if s.prog == oneport {
			b := s
			b.name, b.of, b.prog = s.name+beforeSuffix, s.name, earlier
			all = append(all, b)
		}
	}
	return all
}

// Servers that stand in aims and shapes by their names.
const (
	limit      = "bare echo"
	stub       = "oneport stub"
	overMux    = "oneport stub, ThriftMux"
	overHTTP   = "oneport stub, HTTP"
	twitterMux = "Finagle ThriftMux"
)

var (
	bare    = goProgram("server/bare")
	oneport = goProgram("server/oneport")
	apache  = goProgram("server/apache")
	cpp     = scriptProgram("cpp", "server")
	finagle = scriptProgram("finagle", "server")

	kitex       = scriptProgram("kitex", "server")
	kitexClient = scriptProgram("kitex", "client")
)

// What is sent. The first two name no service, for servers that have only one.
var (
	unnamed   = load.Echo{}
	twitter   = load.Echo{Framing: load.ThriftMux}
	framed    = load.Echo{Service: "FooApi"}
	mirrored  = load.Echo{Service: "FooApi", Mirror: true}
	compact   = load.Echo{Service: "FooApi", Protocol: wire.Compact}
	unframed  = load.Echo{Service: "FooApi", Framing: load.Unframed}
	theader   = load.Echo{Service: "FooApi", Framing: load.THeader}
	thriftmux = load.Echo{Service: "FooApi", Framing: load.ThriftMux}
	asJSON    = load.Echo{Service: "FooApi", Protocol: wire.JSON}
	posted    = load.Echo{Service: "FooApi", Framing: load.HTTP}
)

// servers is every row, in the order of the tables.
var servers = []server{
	{name: limit, prog: bare, calls: mirrored,
		what: "frames echoed by a goroutine a connection, with one read and one write for all that came; nothing is parsed but length and type"},
	{name: "oneport raw", prog: oneport, args: variant("raw"), calls: framed,
		what: "a handler of bytes behind the router"},
	{name: stub, prog: oneport, args: variant("stub"), calls: framed,
		what: "a generated processor behind the router"},
	{name: "oneport raw, quick", prog: oneport, args: variant("raw-quick"), calls: framed, few: true,
		what: "a handler of bytes that is promised not to wait"},
	{name: "oneport stub, quick", prog: oneport, args: variant("quick"), calls: framed, few: true,
		what: "a generated processor that is promised not to wait"},
	{name: "oneport stub, filters", prog: oneport, args: variant("filters"), calls: framed, few: true,
		what: "the same behind a log (1 call in 1000), Prometheus metrics and a limit of calls"},
	{name: "oneport stub, 1000 services", prog: oneport, args: variant("services"), calls: framed, few: true,
		what: "the same with a table of 1000 services"},
	{name: "oneport stub, compact", prog: oneport, args: variant("stub"), calls: compact, few: true,
		what: "the same in the compact protocol"},
	{name: "oneport stub, JSON", prog: oneport, args: variant("stub"), calls: asJSON, few: true,
		what: "the same in the JSON protocol, which the Apache runtime decodes"},
	{name: "oneport stub, unframed", prog: oneport, args: variant("stub"), calls: unframed, few: true,
		what: "the same without frames"},
	{name: "oneport stub, THeader", prog: oneport, args: variant("stub"), calls: theader, few: true,
		what: "the same in THeader frames"},
	{name: overMux, prog: oneport, args: variant("stub"), calls: thriftmux, few: true,
		what: "the same over ThriftMux"},
	{name: overHTTP, prog: oneport, args: variant("stub"), calls: posted, few: true, single: true,
		what: "the same over HTTP/1.1, a POST a call on connections that are kept"},
	{name: "oneport forwarder", prog: oneport, args: variant("forward"), calls: framed, few: true,
		what: "a client as the handler, which passes the bytes on to a second server in the same process"},
	{name: "oneport stub, TLS", prog: oneport, args: variant("tls"), calls: framed, tls: true, few: true,
		what: "the same over TLS 1.3"},
	{name: "Apache Go, documented", prog: apache, args: variant("documented"), calls: framed,
		what: "TSimpleServer and TMultiplexedProcessor, framed"},
	{name: "Apache Go, at its best", prog: apache, args: variant("best"), calls: framed,
		what: "the same with a buffer under the frames and without the connectivity check of each call"},
	{name: "Kitex", prog: kitex, calls: unnamed,
		what: "as it comes: netpoll, framed, its own generated code"},
	{name: "C++ TThreadedServer", prog: cpp, args: variant("threaded"), calls: framed,
		what: "a thread a connection, TMultiplexedProcessor, framed; its bound of 100 MiB read by a connection is lifted"},
	{name: "C++ TNonblockingServer", prog: cpp, args: variant("nonblocking"), calls: framed,
		what: "one thread for all"},
	{name: "C++ TNonblockingServer, pool", prog: cpp, args: variant("pool"), calls: framed,
		what: "the same and four threads for the calls"},
	{name: twitterMux, prog: finagle, calls: twitter, warm: 4 * time.Second,
		what: "as it comes; the service decodes and encodes with libthrift"},
}

func variant(name string) []string { return []string{"-variant", name} }
