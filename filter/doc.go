// Package filter holds filters that need nothing but the standard library: names
// ([RenameService], [RenameMethod]), calls at a time ([Limit]), and time
// ([Deadline], and [PassDeadline] for clients). [Observers] joins the observers of
// several. Filters that need more stand in packages of their own beside this one:
// zapfilter, promfilter, otelfilter, ratelimit and grpcfilter; and so does slogfilter,
// which is zapfilter for programs that log with the standard library.
//
// # Order
//
// A filter sees what is outside of it in the call, and what is inside of it in the
// reply. The first of a list is the outermost. This order serves most:
//
//	srv := &server.Server{
//		Handler: m,
//		Filters: []mux.Filter{
//			otelfilter.Server(telemetry),  // the span covers all that follows
//			log.Filter,                    // zapfilter or slogfilter: sees every call and what
//			                               // became of it, and writes the span's ids
//			filter.RenameService(rules),   // before routing, and before what goes by names
//			stats.Filter,                  // promfilter: counts refusals too, under the new names
//			perClient,                     // ratelimit by peer: the cheapest refusal comes first
//			filter.Deadline(deadlines),    // what is refused above needs no timer
//		},
//		Observer: filter.Observers(log.Observer(), stats.Observer()),
//	}
//	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}),
//		filter.RenameMethod(methods),      // names are right for what is inside
//		filter.Limit(100),                 // of this service alone
//		ratelimit.New(perMethod),
//		grpcfilter.UnaryServer(chain),     // sees known methods only
//	)
//
// The reasons:
//
//   - What reports calls is outside of what refuses them, or refusals are seen by
//     nobody.
//   - What looks at names is inside of what changes them; metrics outside of a
//     service's RenameMethod count its old names as "other". A log is the
//     exception: it tells what the client said, and the route it led to.
//   - What is cheap and refuses much is outside of what costs: all filters of a
//     service run before its arguments are decoded, but interceptors that want
//     them decoded (grpcfilter.WithArgs) pay for that, so they come last.
//   - What strangers can make up stays small inside of the routing: a service's
//     filters see services that exist, and grpcfilter methods that exist. Names and
//     texts on the wire are bytes; each filter makes them valid UTF-8 where it hands
//     them to a log, a metric, a span or an interceptor.
//   - A failed call is written to a log once: the filter that logs tells the server
//     by mux.Request.Logged.
//   - Panics need no filter: the mux catches those of handlers inside of all
//     filters, so that every one of them sees a failed call, and the session
//     catches those of filters.
//
// Within a chain of interceptors the order is that of gRPC: logging and metrics,
// then recovery, then authentication, then validation.
//
// A client's filters see the call before it is given to a connection, and stand in
// the same order: telemetry and log, metrics, then what may call again (retries),
// and innermost PassDeadline, which tells the time that is left at each try.
package filter
