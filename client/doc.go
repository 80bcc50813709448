// Package client calls Thrift services, from any number of goroutines over few
// connections.
//
//	c, err := client.Dial("localhost:9090")
//	...
//	defer c.Close(ctx)
//	fooClient := foo.NewFooApiClient(c.Service("FooApi"))
//	barClient := bar.NewBarApiClient(c.Service("BarApi"))
//	answer, err := fooClient.Echo(ctx, "hello")
//
// A [Client] and what [Client.Service] returns may be used by all goroutines at
// once. A generated client may not, whatever it stands on: it keeps the last
// response's headers in itself. It is two words, so make one for each goroutine.
//
// # The life of a call
//
// The arguments are encoded once, on the caller's goroutine. The balancer picks
// an endpoint, the call gets an id that no call in flight on the connection has,
// and is appended to what the connection is about to send. One caller sends for
// all of them, without ever waiting for the system: what is not taken at once is
// left to the connection's writer. The connection's reader matches replies to
// calls by id, and the caller decodes its reply from the bytes that were read.
// A call has no goroutine of its own, and its context always ends its wait.
//
// # Bounds
//
// Connections, calls in flight and calls that wait for either are bounded by
// [Limits], which any number of clients can share. A call over a bound waits
// until its context ends, or fails at once with FailFast; a call over the bound
// of those that wait always fails at once.
//
// # Failures
//
// Every failure of the client's own is an [*Error], which tells what happened and
// whether the server may have run the call. A server's refusal of a call is a
// thrift.TApplicationException, as with Apache's client, and a declared exception
// is the method's. [IsRetriable] tells of any of them whether the call was certainly
// not run and may be sent again. Of a server's exception that is so only if the
// exception itself says it, as those of this project's servers do; its code says
// nothing, since a handler may fail with any code after it has done its work. The
// client itself sends such a call again, within a budget, and others only if
// [Client.Idempotent] allows it.
//
// A client that is used as a handler says of a call that it has sent, and that was
// refused, that it is not to be sent again: its attempts are spent. So a client, a
// gateway and a full server in a row send a call MaxAttempts times in all.
package client
