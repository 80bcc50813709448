package server_test

import (
	"context"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// fooService is FooApi, without slow.
type fooService struct {
	foo.FooApi
	noted atomic.Int32
}

func (s *fooService) Echo(_ context.Context, msg string) (string, error) { return msg, nil }
func (s *fooService) Add(_ context.Context, a, b int32) (int32, error)   { return a + b, nil }
func (s *fooService) Note(_ context.Context, text string) error          { s.noted.Add(1); return nil }
func (s *fooService) Notes(context.Context) (int32, error)               { return s.noted.Load(), nil }
func (s *fooService) Fail(_ context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}

// barService is BarApi, without reverse.
type barService struct{ bar.BarApi }

func (barService) Echo(_ context.Context, msg string) (string, error)  { return "bar: " + msg, nil }
func (barService) Blob(_ context.Context, data []byte) ([]byte, error) { return data, nil }
func (barService) Index(_ context.Context, words []string) (map[string][]int64, error) {
	index := make(map[string][]int64)
	for i, word := range words {
		index[word] = append(index[word], int64(i))
	}
	return index, nil
}

// fooAndBar routes to both services; FooApi is the default.
func fooAndBar() *mux.Mux {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(new(fooService)))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	m.Alias("", "FooApi")
	return m
}

// rawReply answers every call with an empty struct, or as a oneway.
func rawReply(typ wire.Type) mux.Handler {
	return mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		return mux.Reply{Type: typ, Body: append(req.Scratch, 0)}, nil
	})
}
