package main

import (
	"github.com/oneport-thrift/oneport/internal/load"
)

// server is a row of the tables: a program with arguments, and what to send it.
type server struct {
	name string
	what string
	prog *program
	args []string
	// dialect returns the calls of a size.
	dialect func(size int) load.Dialect
}

// limit is the name of the server that the others are held against.
const limit = "bare echo"

var (
	bare    = goProgram("bare")
	oneport = goProgram("oneport")
	apache  = goProgram("apache")
	kitex   = scriptProgram("kitex")
	cpp     = scriptProgram("cpp")
)

// servers is every row, in the order of the tables.
var servers = []server{
	{limit, "frames echoed by a goroutine a connection, one read and one write for all that came; nothing parsed but length and type: the limit",
		bare, nil, mirrored},
	{"oneport raw", "a handler of bytes behind the router", oneport, []string{"-variant", "raw"}, framed},
	{"oneport stub", "a generated processor behind the router", oneport, []string{"-variant", "stub"}, framed},
	{"Apache Go, documented", "TSimpleServer, TMultiplexedProcessor, framed", apache, []string{"-variant", "documented"}, framed},
	{"Apache Go, at its best", "the same with a buffer under the frames and no connectivity check", apache, []string{"-variant", "best"}, framed},
	{"Kitex", "as it comes: netpoll, framed, its own generated code", kitex, nil, unnamed},
	{"C++ TThreadedServer", "a thread a connection, framed", cpp, []string{"-variant", "threaded"}, framed},
	{"C++ TNonblockingServer", "one thread for all", cpp, []string{"-variant", "nonblocking"}, framed},
	{"C++ TNonblockingServer, pool", "four more threads for the calls", cpp, []string{"-variant", "pool"}, framed},
}

func framed(size int) load.Dialect { return load.Echo{Service: "FooApi", Size: size} }

// unnamed names no service: for servers that have one and no multiplexing.
func unnamed(size int) load.Dialect { return load.Echo{Size: size} }

func mirrored(size int) load.Dialect { return load.Echo{Service: "FooApi", Size: size, Mirror: true} }
