// Package load makes real calls to a server, as many as one core can, and checks
// every reply.
//
// A [Generator] holds a number of connections, each with a number of calls in
// flight: when replies come, as many new calls leave. All calls that are due
// leave in one write and all replies that have come are read at once, so that
// the generator costs less than the server it loads. Each run is bounded by a
// count, a time or both, and ends when the last reply has come.
//
//	g, err := load.Dial(ctx, load.Config{Addr: addr, Conns: 8, InFlight: 32, Dialect: load.Echo{Service: "FooApi"}})
//	if err != nil { … }
//	defer g.Close()
//	res, err := g.Run(ctx, load.Bound{Calls: 100_000})
//	fmt.Println(res.Rate(), res.Latency.Quantile(0.99), res.Wrong)
//
// What a call looks like on the wire, and what its reply must be, is up to a
// [Dialect].
package load
