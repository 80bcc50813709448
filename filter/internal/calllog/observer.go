package calllog

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// Observer returns an observer that logs connections.
func (l *Log) Observer() mux.Observer {
	return mux.Observer{Opened: l.opened, Closed: l.closed, Refused: l.refused}
}

func (l *Log) opened(p *mux.Peer) { l.write(slog.LevelDebug, "connection opened", p) }

func (l *Log) closed(p *mux.Peer, why error) {
	if r := (*mux.Refusal)(nil); why == nil || errors.As(why, &r) {
		l.write(slog.LevelDebug, "connection closed", p)
		return
	}
	l.bounded("connection", "connection broken", p, slog.String("error", text.Error(why)))
}

func (l *Log) refused(p *mux.Peer, r mux.Refusal) {
	l.bounded(r.Bound, "refused", p, slog.String("bound", text.Label(r.Bound)), slog.String("error", text.Error(r.Err)))
}

// bounded writes a line of a kind at Warn, of which there are few a second.
func (l *Log) bounded(kind, message string, p *mux.Peer, attrs ...slog.Attr) {
	if !l.sink.Enabled(context.Background(), slog.LevelWarn) {
		return
	}
	unlogged, _, ok := l.connection.Allow(kind, perSecond(l.opts.Refusals, defaultRefusals), time.Now())
	if ok {
		l.write(slog.LevelWarn, message, p, appendUnlogged(attrs, unlogged)...)
	}
}

func (l *Log) write(level slog.Level, message string, p *mux.Peer, attrs ...slog.Attr) {
	ctx := context.Background()
	if l.sink.Enabled(ctx, level) {
		l.sink.Write(ctx, level, message, append(appendPeer(make([]slog.Attr, 0, 8), p), attrs...), nil)
	}
}

func appendPeer(attrs []slog.Attr, p *mux.Peer) []slog.Attr {
	attrs = append(attrs, slog.String("peer", text.Label(p.String())))
	if p != nil && p.Dialect != "" {
		attrs = append(attrs, slog.String("dialect", text.Label(p.Dialect)))
	}
	if id := p.Identity(); id != "" {
		attrs = append(attrs, slog.String("identity", text.Label(id)))
	}
	return attrs
}
