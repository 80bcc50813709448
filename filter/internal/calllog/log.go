// Package calllog says what is logged of calls and connections, for the filters that
// write it with one logger or another.
package calllog

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/filter/internal/trace"
	"github.com/oneport-thrift/oneport/internal/loglines"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Sink is what writes lines. Its methods may be called concurrently.
type Sink interface {
	// Enabled reports whether lines of the level are written.
	Enabled(ctx context.Context, level slog.Level) bool
	// Write writes a line. req is nil for lines that are not about a call. Attributes
	// are strings, integers, booleans and durations; texts are valid UTF-8.
	Write(ctx context.Context, level slog.Level, message string, attrs []slog.Attr, req *mux.Request)
}

// Options are those of the filters; see there.
type Options struct {
	Success, Exception slog.Level
	SampleSuccess      uint64
	Failures, Refusals int
}

// How many lines a second each kind has, unless the options say otherwise.
const (
	defaultFailures = 10
	defaultRefusals = 10
	panics          = 1
)

// perSecond returns the limit that an option means: usual for 0, and 0, which is no
// limit, for a negative one.
func perSecond(option, usual int) int {
	if option == 0 {
		return usual
	}
	return max(option, 0)
}

// Log logs calls and connections. All its methods may be called concurrently.
type Log struct {
	sink       Sink
	opts       Options
	successes  atomic.Uint64
	calls      loglines.Limiter // by kind of failure
	connection loglines.Limiter // by bound
}

// New returns a Log that writes to sink.
func New(sink Sink, opts Options) *Log { return &Log{sink: sink, opts: opts} }

// Filter is a mux.Filter that logs each call when the rest of the chain has returned.
func (l *Log) Filter(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (rep mux.Reply, err error) {
		start := req.Received
		if start.IsZero() {
			start = time.Now()
		}
		returned := false
		defer func() {
			if returned {
				l.ended(ctx, req, &rep, err, start)
				return
			}
			v := recover()
			if v == nil {
				l.ended(ctx, req, &mux.Reply{}, mux.ErrGoexit, start)
				return
			}
			l.ended(ctx, req, &mux.Reply{}, mux.NewPanicError(v), start)
			panic(v)
		}()
		rep, err = next.ServeThrift(ctx, req)
		returned = true
		return rep, err
	})
}

func (l *Log) ended(ctx context.Context, req *mux.Request, rep *mux.Reply, err error, start time.Time) {
	o := outcome.Of(req, *rep, err)
	level := l.level(o)
	switch {
	case o.Err == nil && !o.Exception && !l.sampled(), !l.sink.Enabled(ctx, level):
		return
	case o.Err == nil:
		l.sink.Write(ctx, level, "call", l.attrs(ctx, req, rep, o, start), req)
		return
	}
	req.Logged = o.Err
	panicked := (*mux.PanicError)(nil)
	bound := perSecond(l.opts.Failures, defaultFailures)
	if errors.As(o.Err, &panicked) && bound > 0 {
		bound = panics
	}
	unlogged, first, ok := l.calls.Allow(loglines.Kind(req, o.Err), bound, time.Now())
	if !ok {
		return
	}
	attrs := append(l.attrs(ctx, req, rep, o, start), slog.String("error", text.Error(o.Err)))
	if panicked != nil && first {
		attrs = append(attrs, slog.String("stack", text.Valid(string(panicked.Stack))))
	}
	l.sink.Write(ctx, level, "call", appendUnlogged(attrs, unlogged), req)
}

// attrs are what a line tells of a call.
func (l *Log) attrs(ctx context.Context, req *mux.Request, rep *mux.Reply, o outcome.Outcome, start time.Time) []slog.Attr {
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("service", text.Label(req.Service)), slog.String("method", text.Label(req.Method)))
	if r := req.Route; r != nil && r.Service != req.Service {
		attrs = append(attrs, slog.String("route", text.Label(r.Service)))
	}
	if p := req.Peer; p != nil {
		attrs = appendPeer(attrs, p)
	}
	if trace, span, ok := trace.IDs(ctx); ok {
		attrs = append(attrs, slog.String("trace_id", trace), slog.String("span_id", span))
	}
	if req.Type == wire.Oneway {
		attrs = append(attrs, slog.Bool("oneway", true))
	}
	attrs = append(attrs, slog.Duration("duration", time.Since(start)), slog.Int("request_bytes", len(req.Body)))
	if rep.Type == wire.Reply {
		attrs = append(attrs, slog.Int("reply_bytes", len(rep.Body)))
	}
	return append(attrs, slog.String("outcome", o.String()))
}

func appendUnlogged(attrs []slog.Attr, unlogged int) []slog.Attr {
	if unlogged > 0 {
		attrs = append(attrs, slog.Int("unlogged", unlogged))
	}
	return attrs
}

// level is Warn if the fault was the client's, and Error if it was the server's.
func (l *Log) level(o outcome.Outcome) slog.Level {
	switch {
	case o.ServerFault():
		return slog.LevelError
	case o.Err != nil:
		return slog.LevelWarn
	case o.Exception:
		return l.opts.Exception
	}
	return l.opts.Success
}

// sampled reports whether this success is to be logged.
func (l *Log) sampled() bool {
	n := l.opts.SampleSuccess
	return n <= 1 || l.successes.Add(1)%n == 1
}
