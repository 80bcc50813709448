package mux_test

import (
	"context"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// fooService is a FooApi whose echo is echo, if that is set.
type fooService struct {
	echo  func(ctx context.Context, msg string) (string, error)
	note  func(text string) error
	noted atomic.Int32
}

func (s *fooService) Echo(ctx context.Context, msg string) (string, error) {
	if s.echo != nil {
		return s.echo(ctx, msg)
	}
	return msg, nil
}

func (s *fooService) Add(_ context.Context, a, b int32) (int32, error) { return a + b, nil }

func (s *fooService) Slow(ctx context.Context, _ int32) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

func (s *fooService) Fail(_ context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}

func (s *fooService) Note(_ context.Context, text string) error {
	s.noted.Add(1)
	if s.note != nil {
		return s.note(text)
	}
	return nil
}

func (s *fooService) Notes(context.Context) (int32, error) { return s.noted.Load(), nil }

// barService is a BarApi without Reverse, which panics.
type barService struct{ bar.BarApi }

func (barService) Echo(_ context.Context, msg string) (string, error) { return "bar: " + msg, nil }

func (barService) Blob(_ context.Context, data []byte) ([]byte, error) { return data, nil }

func (barService) Index(_ context.Context, words []string) (map[string][]int64, error) {
	index := make(map[string][]int64)
	for i, word := range words {
		index[word] = append(index[word], int64(i))
	}
	return index, nil
}

// treeService is a TreeApi.
type treeService struct{}

func (treeService) Depth(_ context.Context, t *tree.Tree) (int32, error) {
	var n int32
	for ; t != nil; t = t.Inner {
		n++
	}
	return n, nil
}

// fooProcessor is a FooApi whose echo is echo.
func fooProcessor(echo func(ctx context.Context, msg string) (string, error)) *foo.FooApiProcessor {
	return foo.NewFooApiProcessor(&fooService{echo: echo})
}
