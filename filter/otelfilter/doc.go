// Package otelfilter makes OpenTelemetry spans and metrics of Thrift calls, by the
// semantic conventions for RPC of version 1.43.0.
//
//	telemetry := otelfilter.Options{} // the global providers
//	srv := &server.Server{Handler: m, Filters: []mux.Filter{otelfilter.Server(telemetry)}}
//
// # Spans and metrics
//
// A call is a span of the kind server or client, named "FooApi/echo", and a value
// of the histogram rpc.server.call.duration or rpc.client.call.duration in
// seconds. The attributes are
//
//	rpc.system.name           "thrift", a value of our own: the conventions have none
//	rpc.method                "FooApi/echo", of the route; "_OTHER" if there is no such method
//	rpc.method_original       spans only, where rpc.method is "_OTHER": the name as it came
//	rpc.response.status_code  "ok", "exception" for one declared in the IDL, or the name of a mux.Code
//	error.type                the same, if the call failed
//	client.address, client.port, network.peer.address, network.peer.port,
//	server.address, server.port    spans of a server only, as far as they are known
//
// A failed call makes a client's span an error, and a server's if the fault was
// the server's. An exception that the IDL declares is an answer, not an error.
//
// The values of rpc.method are as few as the labels of [mux.Request.Labels]; a
// client has at most 1024, of which at most 256 are names of calls that it passes on
// for others. Until a filter of the server's knows the route, the span is named as the
// client named the call: samplers see that. Names and texts of errors are valid UTF-8:
// other bytes become U+FFFD. Names are cut at 256 bytes, texts at 4 KiB.
//
// # Context
//
// The trace context of W3C, and its baggage, come in and go out as headers: in
// THeader and HTTP they travel whole, in ThriftMux as contexts beside its own,
// which are not read, and elsewhere not at all.
//
// Among a server's filters it belongs outermost with the log, so that the span
// covers all others and what they log names it: zapfilter and slogfilter inside of it
// write its ids.
package otelfilter
