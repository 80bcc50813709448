// Package zapfilter logs Thrift calls with go.uber.org/zap, one structured line a
// call.
//
//	log := zapfilter.New(logger, zapfilter.Options{Success: zap.DebugLevel})
//	srv := &server.Server{Handler: m, Filters: []mux.Filter{log.Filter}}
package zapfilter
