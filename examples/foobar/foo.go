package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// fooService implements FooApi. Calls run concurrently, so what they share is
// atomic.
type fooService struct {
	noted atomic.Int32
}

func (s *fooService) Echo(ctx context.Context, msg string) (string, error) {
	return msg, nil
}

func (s *fooService) Add(ctx context.Context, a, b int32) (int32, error) {
	return a + b, nil
}

// Slow returns early if its context ends: the client has gone away, or the call
// has no time left.
func (s *fooService) Slow(ctx context.Context, ms int32) (string, error) {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return fmt.Sprintf("slept %d", ms), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Fail throws the exception that foo.thrift declares: the client gets it as it
// is. Of any other error the client would learn only that there was one.
func (s *fooService) Fail(ctx context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}

func (s *fooService) Note(ctx context.Context, text string) error {
	s.noted.Add(1)
	return nil
}

func (s *fooService) Notes(ctx context.Context) (int32, error) {
	return s.noted.Load(), nil
}
