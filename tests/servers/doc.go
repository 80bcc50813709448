// Package servers runs oneport's client against servers of Apache's runtimes.
//
// Each server is a program in a folder of its own, on Apache's runtime for its
// language and on stubs of the Thrift compiler; Go's is the one in
// tests/peers/reference. The tests build it and start it once for each dialect:
//
//	server -transport framed|unframed -protocol binary|compact
//
// It serves FooApi on a free port of the loopback interface, as a service of a
// multiplexing server and for bare names, and prints "serving … on HOST:PORT".
//
// A folder has the server's sources, build.sh and perhaps debian.txt, as the
// clients in tests/peers do; what is said there of absent peers goes here as well.
package servers
