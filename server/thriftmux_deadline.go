package server

import (
	"time"

	"github.com/oneport-thrift/oneport/protocol/thriftmux"
)

// muxAlarm is the timer of a session for the deadlines of all its calls. Nearly
// all are answered long before, so it is set for the first of them and left where
// it is when that one is answered: it fires about as often as a deadline is long.
// Guarded by the connection's lock.
type muxAlarm struct {
	timer *time.Timer
	at    time.Time // when it fires; zero: never
}

// stop is for a session that has no calls any more and gets none.
func (a *muxAlarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// minAlarm is how far deadlines are taken together at least, so that no client makes
// the alarm fire for each of its calls; and perCall is that for each call that runs,
// since all of them are looked at then. So the alarms of a session take a small share
// of a processor, however the deadlines of its calls are spread.
const (
	minAlarm = time.Millisecond
	perCall  = time.Microsecond
)

// deadline returns the call's deadline by this host's clock, zero without one.
// value is the context that says so, empty if there is none.
func (s *muxSession) deadline(value string) (t time.Time, expired bool) {
	if value == "" {
		return time.Time{}, false
	}
	left, ok := thriftmux.DeadlineLeft([]byte(value), s.received())
	if !ok {
		return time.Time{}, false
	}
	return s.received().Add(left), left <= 0
}

// watch sees to it that a call which is about to run is told when its deadline
// has passed. Called with the connection's lock held.
func (s *muxSession) watch(deadline time.Time) {
	if !deadline.IsZero() && (s.alarm.at.IsZero() || deadline.Before(s.alarm.at)) {
		s.setAlarm(deadline)
	}
}

// setAlarm is called with the connection's lock held.
func (s *muxSession) setAlarm(at time.Time) {
	s.alarm.at = at
	d := max(time.Until(at), minAlarm, time.Duration(s.running)*perCall)
	if s.alarm.timer == nil {
		s.alarm.timer = time.AfterFunc(d, s.expire)
	} else {
		s.alarm.timer.Reset(d)
	}
}

// expire ends the contexts of the calls whose deadlines have passed.
func (s *muxSession) expire() {
	var ended []*callContext
	var next time.Time
	now := time.Now()
	s.c.mu.Lock()
	for _, m := range s.tags.all() {
		switch t := m.mux.ctx.deadline; {
		case t.IsZero():
		case !t.After(now):
			ended = append(ended, m.mux.ctx)
		case next.IsZero() || t.Before(next):
			next = t
		}
	}
	s.alarm.at = time.Time{}
	s.watch(next)
	s.c.mu.Unlock()
	for _, ctx := range ended {
		ctx.expire()
	}
}
