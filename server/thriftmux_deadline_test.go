package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestMuxAlarm: it fires for the first deadline of calls that are open, and for
// none once the session is over.
func TestMuxAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &connection{ctx: context.Background()}
		s := &muxSession{c: c}
		ctxs := make([]*callContext, 3)
		c.mu.Lock()
		for i := range ctxs {
			ctxs[i] = &callContext{conn: c, deadline: time.Now().Add(time.Duration(3-i) * time.Minute)}
			s.tags.add(uint32(i), &call{mux: muxCall{ctx: ctxs[i]}})
			s.running++
			s.watch(ctxs[i].deadline)
		}
		s.watch(time.Time{})
		first := s.alarm.at
		s.tags.remove(2)
		s.running--
		c.mu.Unlock()
		<-time.After(2*time.Minute + minAlarm)
		c.mu.Lock()
		if !first.Equal(ctxs[2].deadline) || !s.alarm.at.Equal(ctxs[0].deadline) {
			t.Errorf("set for %v, then for %v", first, s.alarm.at)
		}
		c.mu.Unlock()
		for i, want := range []error{nil, context.DeadlineExceeded, nil} {
			if err := ctxs[i].Err(); err != want {
				t.Errorf("call %d: %v, want %v", i, err, want)
			}
		}
		s.ended()
		c.mu.Lock()
		s.running = 0
		s.idle()
		c.mu.Unlock()
		if s.alarm.timer.Stop() {
			t.Error("the alarm outlives the session")
		}
	})
}
