package mux_test

import (
	"context"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

func benchmark(b *testing.B, h mux.Handler, req *mux.Request) {
	ctx := context.Background()
	b.ReportAllocs()
	b.SetBytes(int64(len(req.Body)))
	for b.Loop() {
		if _, err := h.ServeThrift(ctx, req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMuxRaw is routing alone.
func BenchmarkMuxRaw(b *testing.B) {
	m := mux.New()
	m.Handle("Raw", mirror)
	benchmark(b, m, call("Raw:get"))
}

// BenchmarkMuxFilters is routing through four filters that do nothing.
func BenchmarkMuxFilters(b *testing.B) {
	m := mux.New()
	m.Handle("Raw", mirror, asIs, asIs, asIs, asIs)
	benchmark(b, m, call("Raw:get"))
}

// BenchmarkMuxFiltersEcho is a generated processor behind one filter that does nothing.
func BenchmarkMuxFiltersEcho(b *testing.B) {
	m := mux.New()
	m.Handle("FooApi", mux.Processor(foo.NewFooApiProcessor(&fooService{})), asIs)
	req := request(b, wire.Binary, "FooApi:echo", &foo.FooApiEchoArgs{Msg: strings.Repeat("x", 100)})
	req.Scratch = make([]byte, 0, 1024)
	benchmark(b, m, req)
}

// BenchmarkMuxUnknownService is a call that finds no service.
func BenchmarkMuxUnknownService(b *testing.B) {
	m, req := both(), call("None:get")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.ServeThrift(context.Background(), req); err == nil {
			b.Fatal("found")
		}
	}
}

// BenchmarkMuxEcho is a generated processor with a message of 100 bytes.
func BenchmarkMuxEcho(b *testing.B) {
	for _, p := range protocols {
		b.Run(p.String(), func(b *testing.B) {
			req := request(b, p, "FooApi:echo", &foo.FooApiEchoArgs{Msg: strings.Repeat("x", 100)})
			req.Scratch = make([]byte, 0, 1024)
			benchmark(b, both(), req)
		})
	}
}

// BenchmarkMuxBlob is a generated processor with 16 KiB of bytes.
func BenchmarkMuxBlob(b *testing.B) {
	for _, p := range protocols {
		b.Run(p.String(), func(b *testing.B) {
			req := request(b, p, "BarApi:blob", &bar.BarApiBlobArgs{Data: make([]byte, 16<<10)})
			req.Scratch = make([]byte, 0, 32<<10)
			benchmark(b, both(), req)
		})
	}
}

// BenchmarkMuxParallel is BenchmarkMuxEcho from all processors at once.
func BenchmarkMuxParallel(b *testing.B) {
	m := both()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		req := request(b, wire.Binary, "FooApi:echo", &foo.FooApiEchoArgs{Msg: strings.Repeat("x", 100)})
		req.Scratch = make([]byte, 0, 1024)
		for pb.Next() {
			if _, err := m.ServeThrift(context.Background(), req); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkMuxUpdate replaces one service of 100.
func BenchmarkMuxUpdate(b *testing.B) {
	m := mux.New()
	for i := range 100 {
		m.Handle("S"+strings.Repeat("x", i), mirror)
	}
	b.ReportAllocs()
	for b.Loop() {
		err := m.Update(func(t *mux.Table) error {
			if err := t.Remove("S"); err != nil {
				return err
			}
			return t.Handle("S", mirror)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
