// Package servertest runs servers in memory, for tests.
//
// A [Listener] is a network of its own: what [Listener.Dial] returns behaves like
// a TCP connection, with buffers of a bounded size, deadlines, half-close and
// reset, but needs no port and no kernel. Everything in it blocks in a way that
// testing/synctest sees, so that a test inside a bubble runs on fake time.
//
// A [Server] is a server on such a network, in the manner of net/http/httptest:
//
//	s := servertest.New(m)
//	defer s.Close()
//	c := foo.NewFooApiClientFactory(s.Transport(true), protocol.MultiplexedBinaryFactory("FooApi"))
package servertest
