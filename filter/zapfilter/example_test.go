package zapfilter_test

import (
	"context"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/oneport-thrift/oneport/filter/zapfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

func Example() {
	logger := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		LevelKey:       "level",
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: someTime,
	}), os.Stdout, zap.InfoLevel))

	// Of the calls that are answered, one in ten is logged, and all others.
	log := zapfilter.New(logger, zapfilter.Options{SampleSuccess: 10})
	m := mux.New()
	m.Handle("BarApi", answers(mux.Reply{Type: wire.Reply, Body: []byte{0}}, nil))
	h := mux.Chain(m, log.Filter) // what a server does with its Filters

	for range 3 {
		h.ServeThrift(context.Background(), &mux.Request{Service: "BarApi", Method: "ping", Type: wire.Call})
	}
	h.ServeThrift(context.Background(), &mux.Request{Service: "FooApi", Method: "ping", Type: wire.Call})
	// Output:
	// {"level":"info","service":"BarApi","method":"ping","duration":"some time","request_bytes":0,"reply_bytes":1,"outcome":"ok"}
	// {"level":"warn","service":"FooApi","method":"ping","duration":"some time","request_bytes":0,"outcome":"unknown method","error":"unknown service \"FooApi\""}
}

// someTime stands for every duration, so that the example prints the same each time.
func someTime(_ time.Duration, enc zapcore.PrimitiveArrayEncoder) { enc.AppendString("some time") }
