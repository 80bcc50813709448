package grpcfilter

import (
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// runs counts how often the rest of the chain is run by an interceptor, on
// whatever goroutine, and ends that when the interceptor has returned.
type runs struct {
	once bool // a second run is an error

	mu      sync.Mutex
	begun   int
	running int
	over    bool
	idle    chan struct{} // closed when running falls to 0 after the end; nil before
}

// begin begins a run, and returns how many there were before.
func (r *runs) begin() (before int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.over:
		return 0, status.Error(codes.Internal, "grpcfilter: the call was run after its interceptor had returned")
	case r.once && r.begun > 0:
		return 0, status.Error(codes.Internal, "grpcfilter: the handler was called a second time")
	}
	r.begun++
	r.running++
	return r.begun - 1, nil
}

func (r *runs) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running--; r.running == 0 && r.idle != nil {
		close(r.idle)
	}
}

// finish lets no run begin any more, and waits for those that have: they use
// memory that belongs to the call.
func (r *runs) finish() {
	r.mu.Lock()
	r.over = true
	if r.running > 0 {
		r.idle = make(chan struct{})
	}
	idle := r.idle
	r.mu.Unlock()
	if idle != nil {
		<-idle
	}
}
