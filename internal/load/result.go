package load

import "time"

// Result is what a run has seen.
type Result struct {
	// Calls is the number of calls sent.
	Calls int64
	// Right, Exceptions and Wrong are the replies, by outcome. A run that ended
	// without an error has as many replies as calls.
	Right, Exceptions, Wrong int64
	// Elapsed is the time from the first call to the last reply.
	Elapsed time.Duration
	// Latency has the time of each call, from the write that it left with to the
	// read that its reply came with.
	Latency Histogram
}

// Rate returns the right replies per second.
func (r *Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Right) / r.Elapsed.Seconds()
}

func (r *Result) add(c *client) {
	r.Calls += c.sent
	r.Right += c.outcomes[Right]
	r.Exceptions += c.outcomes[Exception]
	r.Wrong += c.outcomes[Wrong]
	r.Latency.Merge(&c.latency)
}
