package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// fooService does what foo.thrift says.
type fooService struct{ noted atomic.Int32 }

func (*fooService) Echo(_ context.Context, msg string) (string, error) { return msg, nil }

func (*fooService) Add(_ context.Context, a, b int32) (int32, error) { return a + b, nil }

func (*fooService) Slow(ctx context.Context, ms int32) (string, error) {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return fmt.Sprintf("slept %d", ms), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (*fooService) Fail(_ context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}

func (s *fooService) Note(context.Context, string) error {
	s.noted.Add(1)
	return nil
}

func (s *fooService) Notes(context.Context) (int32, error) { return s.noted.Load(), nil }
