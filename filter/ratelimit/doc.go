// Package ratelimit refuses calls that come faster than a rate, with the token
// buckets of golang.org/x/time/rate.
//
//	// 50 calls a second for each client, 100 at once.
//	perClient := ratelimit.New(ratelimit.Options{Rate: 50, Burst: 100, By: ratelimit.Peer})
//	srv := &server.Server{Handler: m, Filters: []mux.Filter{perClient}}
//
// A call over the rate is answered Overloaded at once, before its arguments are
// decoded, and does not run: clients may send it again. Nothing waits.
package ratelimit
