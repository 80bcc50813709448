// Package promfilter counts and times Thrift calls for Prometheus, with names and
// labels close to those of go-grpc-prometheus.
//
//	stats := promfilter.New(promfilter.Options{})
//	prometheus.MustRegister(stats) // or a registry of your own
//	srv := &server.Server{
//		Handler:  m,
//		Filters:  []mux.Filter{stats.Filter},
//		Observer: stats.Observer(),
//	}
//
// Among a server's filters it belongs near the outside, where it also sees the
// calls that limits and routing refuse.
//
// # Metrics
//
//	thrift_server_handled_total{thrift_type, thrift_service, thrift_method, thrift_code}
//	thrift_server_handling_seconds{thrift_type, thrift_service, thrift_method}   histogram
//	thrift_server_request_bytes{thrift_type, thrift_service, thrift_method}      histogram
//	thrift_server_reply_bytes{thrift_type, thrift_service, thrift_method}        histogram
//	thrift_server_in_flight                                       calls in the filter now
//	thrift_server_connections{dialect}                            open now
//	thrift_server_connections_total{dialect}
//	thrift_server_connections_broken_total{dialect}               ended by an error
//	thrift_server_refused_total{bound}                            calls and connections
//
// With Options.Client the names begin with thrift_client_, and there are no
// connections.
//
// thrift_type is "call" or "oneway". thrift_code is "ok", "exception" for one
// declared in the IDL, or the name of a [mux.Code] as its Label method gives it.
// The time of a call begins when its bytes were read. Sizes are those of the
// argument struct, and of the result struct where there is one. There is no
// counter of started calls, which would need labels before the route is known: it
// is the sum of those handled and those in flight.
//
// # Labels
//
// Clients cannot make labels up. The service is that of the route, whatever name
// led there, and the method one that the service is known to have, or else
// "other"; calls without a route are "unknown". A service that does not list its
// methods, such as one of raw bytes or a forwarder, has at most 256 of them as labels,
// each since calls by it were answered, and the rest are "other"; give such a service
// a list with [mux.Methods] to have exactly these labels from the first call.
//
// A client has no routes: its filter counts at most 1024 pairs of service and
// method, and all after them as "other", "other". The pairs of calls that the program
// makes count from the first call. Those of calls that it passes on for others, of
// which strangers can make up any number, count as a service's without a list do, 256
// of them at the most.
//
// All labels are valid UTF-8 of at most 256 bytes; in names, bytes that are not UTF-8
// become U+FFFD. Names that read the same then are counted together.
package promfilter
