package zapfilter

import (
	"errors"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/oneport-thrift/oneport/mux"
)

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
// many refusals at the bound were passed over since the last line. A connection
// that was refused has no other line, and one that ends before its first byte,
// such as a health check, has none at all.
//
// A server's ErrorLog is told of the same at Warn. To have it once, let that
// logger begin at Error.
func (l *Log) Observer() mux.Observer {
	return mux.Observer{Opened: l.opened, Closed: l.closed, Refused: l.refused}
}

func (l *Log) opened(p *mux.Peer) {
	if e := l.logger.Check(zapcore.DebugLevel, "connection opened"); e != nil {
		e.Write(peerFields(p)...)
	}
}

func (l *Log) closed(p *mux.Peer, why error) {
	if r := (*mux.Refusal)(nil); why == nil || errors.As(why, &r) {
		if e := l.logger.Check(zapcore.DebugLevel, "connection closed"); e != nil {
			e.Write(peerFields(p)...)
		}
		return
	}
	if e := l.logger.Check(zapcore.WarnLevel, "connection broken"); e != nil {
		e.Write(append(peerFields(p), zap.Error(why))...)
	}
}

func (l *Log) refused(p *mux.Peer, r mux.Refusal) {
	unlogged, ok := l.refusals.mayLog(r.Bound, l.opts.Refusals, time.Now())
	if !ok {
		return
	}
	if e := l.logger.Check(zapcore.WarnLevel, "refused"); e != nil {
		fields := append(peerFields(p), zap.String("bound", r.Bound), zap.Error(r.Err))
		if unlogged > 0 {
			fields = append(fields, zap.Int("unlogged", unlogged))
		}
		e.Write(fields...)
	}
}

func peerFields(p *mux.Peer) []zap.Field {
	fields := []zap.Field{zap.Stringer("peer", p)}
	if p != nil && p.Dialect != "" {
		fields = append(fields, zap.String("dialect", p.Dialect))
	}
	if id := p.Identity(); id != "" {
		fields = append(fields, zap.String("identity", id))
	}
	return fields
}
