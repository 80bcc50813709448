package servertest

import "time"

// deadline is a point in time that blocked calls are woken at. What it belongs
// to holds its lock around every method. The zero deadline is never reached.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// set moves the deadline to t, never if t is zero, and has wake called then,
// from a goroutine that does not hold the lock. A timer that could not be
// stopped any more only wakes for nothing: passed asks the clock.
func (d *deadline) set(t time.Time, wake func()) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.at = t
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		d.timer = time.AfterFunc(wait, wake)
	}
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }
