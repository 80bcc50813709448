package zapfilter

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/oneport-thrift/oneport/filter/internal/calllog"
	"github.com/oneport-thrift/oneport/mux"
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
	// and then each time as many have come. 0 and 1 log all.
	SampleSuccess uint64
	// Failures bounds the lines a second about calls of one method that failed with
	// one code. 0 means 10, a negative value no bound. Of panics at one place in the
	// program there is one line a second, unless Failures is negative.
	Failures int
	// Refusals bounds the lines a second about refusals at one bound, and about
	// connections that broke. 0 means 10, a negative value no bound.
	Refusals int
	// Fields returns fields to add to the line of a call. It is called when the line
	// is written, after the call, with the context and the request that the filter
	// got, and may be called by any number of goroutines at once. The values are
	// written as they are. nil adds none.
	Fields func(ctx context.Context, req *mux.Request) []zap.Field
}

// Log logs calls and connections. All its methods may be called concurrently.
type Log struct{ log *calllog.Log }

// New returns a Log that writes to logger. A nil logger logs nothing.
func New(logger *zap.Logger, opts Options) *Log {
	if logger == nil {
		logger = zap.NewNop()
	}
	// The caller and the stack of a line would be the filter's own, always.
	logger = logger.WithOptions(zap.WithCaller(false), zap.AddStacktrace(zapcore.InvalidLevel))
	return &Log{calllog.New(&sink{logger, opts.Fields}, calllog.Options{
		Success:       fromZap(opts.Success),
		Exception:     fromZap(opts.Exception),
		SampleSuccess: opts.SampleSuccess,
		Failures:      opts.Failures,
		Refusals:      opts.Refusals,
	})}
}

// Filter is a mux.Filter, for a server, a service or a client, that logs each call
// when the rest of the chain has returned. The line "call" has the fields
//
//	service, method    the names that the filter saw
//	route              the service that was found, if its name is another
//	peer, dialect      of the connection, if there is one
//	identity           the name in the client's verified certificate, if it has one
//	trace_id, span_id  of the span that otelfilter made, if it stands outside
//	oneway             true for a call that wants no answer, else left out
//	duration           since the call's bytes were read
//	request_bytes      the size of the arguments
//	reply_bytes        the size of the result, if there is one
//	outcome            "ok", "exception" for one declared in the IDL, or the name
//	                   of the code that the client was told
//	error              the error's text, of which the client may not have been told
//	stack              of a handler that panicked, in the first line about panics at
//	                   that place
//	unlogged           how many such failures were left out since the last line
//
// and those of Options.Fields. The level is that of the Options for calls that were
// answered, Warn if the fault was the client's, and Error if it was the server's.
//
// Names and texts are valid UTF-8: other bytes become U+FFFD. Names are cut at 256
// bytes, errors at 4 KiB. The lines about calls that fail are bounded by
// Options.Failures. Every other call has a line of its own: where clients are strangers,
// set SampleSuccess, and levels of Success and Exception that the logger leaves out.
//
// The filter sets [mux.Request.Logged], so that a server does not log the same
// failure again.
func (l *Log) Filter(next mux.Handler) mux.Handler { return l.log.Filter(next) }

// Observer returns what a server's Observer can be, or one of several joined by
// filter.Observers, to log connections. Its lines are
//
//	refused            at Warn: a call or a connection turned away at a bound, or
//	                   bytes that no dialect begins with, which error shows
//	connection broken  at Warn: it ended inside a message, or by an error
//	connection opened  at Debug
//	connection closed  at Debug
//
// with the fields peer, dialect if it is known, bound, error, and unlogged: how
// many such lines were left out since the last one. A connection that was refused
// has no other line, and one that ends before its first byte, such as a health
// check, has none at all. The lines at Debug have no bound.
//
// A server's ErrorLog is told of the same at Warn. To have it once, let that
// logger begin at Error.
func (l *Log) Observer() mux.Observer { return l.log.Observer() }

// sink writes lines with zap.
type sink struct {
	logger *zap.Logger
	fields func(context.Context, *mux.Request) []zap.Field
}

// levelStep is how much further apart the levels of slog are than those of zap.
const levelStep = 4

func fromZap(l zapcore.Level) slog.Level { return levelStep * slog.Level(l) }
func toZap(l slog.Level) zapcore.Level   { return zapcore.Level(l / levelStep) }

func (s *sink) Enabled(_ context.Context, level slog.Level) bool {
	return s.logger.Core().Enabled(toZap(level))
}

func (s *sink) Write(ctx context.Context, level slog.Level, message string, attrs []slog.Attr, req *mux.Request) {
	entry := s.logger.Check(toZap(level), message)
	if entry == nil {
		return // by a sampler of the logger's
	}
	fields := make([]zap.Field, 0, len(attrs)+4)
	for _, a := range attrs {
		fields = append(fields, field(a))
	}
	if s.fields != nil && req != nil {
		fields = append(fields, s.fields(ctx, req)...)
	}
	entry.Write(fields...)
}

// field returns an attribute of one of the kinds that a calllog.Sink gets.
func field(a slog.Attr) zap.Field {
	switch v := a.Value; v.Kind() {
	case slog.KindInt64:
		return zap.Int64(a.Key, v.Int64())
	case slog.KindBool:
		return zap.Bool(a.Key, v.Bool())
	case slog.KindDuration:
		return zap.Duration(a.Key, v.Duration())
	}
	return zap.String(a.Key, a.Value.String())
}
