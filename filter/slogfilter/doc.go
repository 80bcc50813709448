// Package slogfilter logs Thrift calls with log/slog, one structured line a call, and
// the connections of a server that are refused or break. It is zapfilter for
// programs that log with the standard library.
//
//	log := slogfilter.New(slog.Default(), slogfilter.Options{Success: slog.LevelDebug})
//	srv := &server.Server{
//		Handler:  m,
//		Filters:  []mux.Filter{log.Filter},
//		Observer: log.Observer(),
//	}
//
// Among a server's filters it belongs outermost but for otelfilter, where it sees
// every call with the name the client used, and what all other filters made of it.
package slogfilter
