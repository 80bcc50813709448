package promfilter_test

import (
	"context"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/filter/promfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

func BenchmarkFilter(b *testing.B) {
	m := mux.New()
	m.Handle("S", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		return mux.Reply{Type: wire.Reply}, nil
	}))
	for name, h := range map[string]mux.Handler{
		"none":   m,
		"Filter": mux.Chain(m, promfilter.New(promfilter.Options{}).Filter),
	} {
		b.Run(name, func(b *testing.B) {
			ctx := context.Background()
			req := &mux.Request{Service: "S", Method: "m", Type: wire.Call, Received: time.Now()}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeThrift(ctx, req)
			}
		})
	}
}
