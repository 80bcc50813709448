// Package grpcfilter runs gRPC interceptors on Thrift calls: those of
// go-grpc-middleware and any other, unchanged.
//
//	chain := grpcfilter.ChainServer(
//		logging.UnaryServerInterceptor(logger),
//		auth.UnaryServerInterceptor(authenticate),
//	)
//	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}), grpcfilter.UnaryServer(chain))
//
// # What an interceptor sees
//
// The method is "/FooApi/echo", the service and the method as they stand where
// the filter does. It is valid UTF-8, as are the texts of errors: other bytes become
// U+FFFD, in what interceptors see and not in the call itself. So names of bytes can
// read the same: an interceptor that authorizes by name lists those that are allowed.
// Metadata is not changed, since headers may hold bytes. The headers of the call are
// its metadata, with keys in lower case and repeated keys kept, peer.FromContext
// gives the other end of the connection, and grpc.Method, grpc.SetHeader and their
// kin work: what is set leaves as headers of the reply, where the dialect has some.
//
// The request is an [*Args], arguments that are still encoded; for methods named
// by [WithArgs] it is the decoded struct, so that validators work. The response is
// a [*Reply].
//
// # Where it belongs
//
// Among a service's filters, inside of what renames methods. There a method that
// the service has not is refused before any interceptor runs, as gRPC does it:
// names that a stranger makes up are no new time series. Among a server's filters,
// and on services of raw bytes, every name is passed to the interceptors as it
// came; see [WithKnown].
//
// # Codes
//
// A failed call is an error with a gRPC status, and a status that an interceptor
// or a handler returns is what the client is told, by one table: [mux.Code.GRPC]
// and [mux.FromGRPC]. An error of any other type stays what it is, as codes.Unknown
// to an interceptor and as "internal error" to the client. An error that an
// interceptor passes on as it got it is the call's own error again outside. A lost
// connection, io.EOF above all, is codes.Unavailable and never looks like the end
// of a stream. An exception that the IDL declares is an answer; see
// [WithExceptions].
//
// A status that an interceptor returns without passing the call on says that the
// call was not run: with codes.Unavailable and codes.ResourceExhausted clients send it
// again, with any other code they do not. Once it was passed on, no status says so.
//
// # Bytes
//
// Args and Reply are views of memory that is used again after the call. What an
// interceptor keeps, it must clone.
package grpcfilter
