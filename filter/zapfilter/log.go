package zapfilter

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Options say what is logged. The zero Options log every call, at Info if it was
// answered.
type Options struct {
	// Success is the level of calls that got their result, and of oneway calls
	// that ran. Zero is zapcore.InfoLevel.
	Success zapcore.Level
	// Exception is the level of calls that were answered with an exception
	// declared in the IDL. Zero is zapcore.InfoLevel.
	Exception zapcore.Level
	// SampleSuccess logs one of as many calls that got their result: the first,
	// and then each time as many have come. All other calls are logged always.
	// 0 and 1 log all.
	SampleSuccess uint64
	// Refusals bounds the lines a second about refusals at one bound, of which a
	// flood can cause any number. 0 means 10, a negative value no bound.
	Refusals int
}

// Log logs calls and connections. All its methods may be called concurrently.
type Log struct {
	logger    *zap.Logger
	opts      Options
	successes atomic.Uint64
	refusals  refusals
}

// New returns a Log that writes to logger. A nil logger logs nothing.
func New(logger *zap.Logger, opts Options) *Log {
	if logger == nil {
		logger = zap.NewNop()
	}
	// The caller and the stack of a line would be the filter's own, always.
	logger = logger.WithOptions(zap.WithCaller(false), zap.AddStacktrace(zapcore.InvalidLevel))
	return &Log{logger: logger, opts: opts}
}

// Filter is a mux.Filter, for a server or a service, that logs each call when
// the rest of the chain has returned. The line "call" has the fields
//
//	service, method   the names that the filter saw
//	route             the service that was found, if its name is another
//	peer, dialect     of the connection, if there is one
//	identity          the name in the client's verified certificate, if it has one
//	oneway            true for a call that wants no answer, else left out
//	duration          since the call's bytes were read
//	request_bytes     the size of the arguments
//	reply_bytes       the size of the result, if there is one
//	outcome           "ok", "exception" for one declared in the IDL, or the name
//	                  of the code that the client was told
//	error             the error, of which the client may not have been told
//	stack             of a handler that panicked
//
// The level is that of the Options for calls that were answered, Warn if the
// fault was the client's, and Error if it was the server's. Names come from the
// client and can be any text: write them with an encoder that escapes, as zap's
// do.
func (l *Log) Filter(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (rep mux.Reply, err error) {
		start := req.Received
		if start.IsZero() {
			start = time.Now()
		}
		err = outcome.ErrUnwound // unless next returns
		defer func() {
			o := outcome.Of(req, rep, err)
			if o.Err != nil || o.Exception || l.sampled() {
				l.log(req, o, rep, start)
			}
		}()
		return next.ServeThrift(ctx, req)
	})
}

func (l *Log) log(req *mux.Request, o outcome.Outcome, rep mux.Reply, start time.Time) {
	entry := l.logger.Check(l.opts.level(o), "call")
	if entry == nil {
		return
	}
	fields := append(make([]zap.Field, 0, 12), zap.String("service", req.Service), zap.String("method", req.Method))
	if r := req.Route; r != nil && r.Service != req.Service {
		fields = append(fields, zap.String("route", r.Service))
	}
	if p := req.Peer; p != nil {
		fields = append(fields, peerFields(p)...)
	}
	if req.Type == wire.Oneway {
		fields = append(fields, zap.Bool("oneway", true))
	}
	fields = append(fields, zap.Duration("duration", time.Since(start)), zap.Int("request_bytes", len(req.Body)))
	if rep.Type == wire.Reply {
		fields = append(fields, zap.Int("reply_bytes", len(rep.Body)))
	}
	fields = append(fields, zap.Stringer("outcome", o), zap.Error(o.Err))
	if p := (*mux.PanicError)(nil); errors.As(o.Err, &p) {
		fields = append(fields, zap.ByteString("stack", p.Stack))
	}
	entry.Write(fields...)
}

// sampled reports whether this success is to be logged.
func (l *Log) sampled() bool {
	n := l.opts.SampleSuccess
	return n <= 1 || l.successes.Add(1)%n == 1
}
