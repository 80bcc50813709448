// Package zapfilter logs Thrift calls with go.uber.org/zap, one structured line a
// call, and the connections of a server that are refused or break.
//
//	log := zapfilter.New(logger, zapfilter.Options{Success: zap.DebugLevel})
//	srv := &server.Server{
//		Handler:  m,
//		Filters:  []mux.Filter{log.Filter},
//		Observer: log.Observer(),
//	}
//
// Among a server's filters it belongs outermost but for otelfilter, where it sees
// every call with the name the client used, and what all other filters made of it.
// Package slogfilter is the same for log/slog.
package zapfilter
