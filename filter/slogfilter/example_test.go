package slogfilter_test

import (
	"context"
	"log/slog"
	"os"

	"github.com/oneport-thrift/oneport/filter/slogfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

func Example() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))

	// Of the calls that are answered, one in ten is logged, and all others.
	log := slogfilter.New(logger, slogfilter.Options{
		SampleSuccess: 10,
		Attrs: func(_ context.Context, req *mux.Request) []slog.Attr {
			return []slog.Attr{slog.String("tenant", req.Header.Get("tenant"))}
		},
	})
	m := mux.New()
	m.Handle("BarApi", answers(mux.Reply{Type: wire.Reply, Body: []byte{0}}, nil))
	h := mux.Chain(m, log.Filter) // what a server does with its Filters

	header := mux.Header{{Key: "tenant", Value: "blue"}}
	for range 3 {
		h.ServeThrift(context.Background(), &mux.Request{Service: "BarApi", Method: "ping", Type: wire.Call, Header: header})
	}
	h.ServeThrift(context.Background(), &mux.Request{Service: "FooApi", Method: "ping", Type: wire.Call, Header: header})
	// Output:
	// level=INFO msg=call service=BarApi method=ping request_bytes=0 reply_bytes=1 outcome=ok tenant=blue
	// level=WARN msg=call service=FooApi method=ping request_bytes=0 outcome="unknown method" error="unknown service \"FooApi\"" tenant=blue
}

// withoutTime leaves out what is different each time.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "duration" {
		return slog.Attr{}
	}
	return a
}
