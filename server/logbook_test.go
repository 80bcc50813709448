package server_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// logbook is a slog.Handler that keeps warnings and errors, a line each.
type logbook struct {
	all   bool // it keeps what is less, too
	mu    sync.Mutex
	lines []string
}

func (b *logbook) logger() *slog.Logger { return slog.New(b) }

func (b *logbook) Enabled(_ context.Context, l slog.Level) bool { return b.all || l >= slog.LevelWarn }
func (b *logbook) WithAttrs([]slog.Attr) slog.Handler           { return b }
func (b *logbook) WithGroup(string) slog.Handler                { return b }

func (b *logbook) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
	return nil
}

// want checks that there is one line for each of these texts, which holds it.
func (b *logbook) want(t *testing.T, texts ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	ok := len(b.lines) == len(texts)
	for i := range min(len(b.lines), len(texts)) {
		ok = ok && strings.Contains(b.lines[i], texts[i])
	}
	if !ok {
		t.Errorf("the log has %d lines:\n%s\nwant them to hold %q", len(b.lines), strings.Join(b.lines, "\n"), texts)
	}
}

// take returns the lines that came since it was last called.
func (b *logbook) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}
