// Package mux routes Thrift calls by service name to handlers, through filters.
//
// It knows calls, not connections: a [Handler] takes a [Request], whose body is
// still the encoded argument struct, and gives a [Reply], whose body is the
// encoded result struct. A [Mux] is a Handler that picks another by the service
// name, a [Filter] wraps a Handler in another, and a client is a Handler too.
// Nothing else is needed to compose a server, a proxy or a test.
//
//	m := mux.New()
//	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
//	m.Register("BarApi", bar.NewBarApiProcessor(&barService{}), limitBar)
//	m.Alias("", "FooApi") // bare method names go to FooApi
//
// # Names
//
// On the wire a call is named "Service:method", split at the first colon. A
// name without a colon, and one that begins with it, belongs to the default
// service, whose name is empty. A filter and the router may change Service and
// Method of a request for what is inside of them; whoever changes them puts
// them back before it returns. Request.Name never changes.
//
// # Bytes
//
// Request.Body is valid until ServeThrift returns and is never written to. What
// must outlive the call works on [Request.Clone]. A reply's body may be
// appended to Request.Scratch, may be part of the request's body, or may be the
// handler's own memory; it is only read, and no longer once the session has
// sent or copied it, which is before the request is used again.
//
// # Errors
//
// A handler fails a call by returning an error. The text of an [Error] reaches the
// client; of any other error it reaches filters and logs alone, and the client is
// told "internal error". That includes what another server has answered to a call
// of the handler's own. Exceptions declared in the IDL are replies, not errors.
//
// # Not run
//
// Whoever refuses a call instead of passing it on may say in the Error that the
// call was certainly not run; clients send such a call again by themselves. Once a
// handler has been called that is neither a [Mux] nor a [Forwarder], nothing is
// believed that says so: see [NotRun] and [Request.NotRun].
package mux
