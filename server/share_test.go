package server

import "testing"

// TestConnectionsThatTakeAllLeaveTheirShare lets connections take room in turns until
// none may: they leave 1/(n+1) of seven eighths, and the reserve.
func TestConnectionsThatTakeAllLeaveTheirShare(t *testing.T) {
	const max = 1 << 30
	for _, n := range []int64{1, 2, 5, 34, 1000} {
		s := &Server{MaxBytes: max}
		if err := s.start(); err != nil {
			t.Fatal(err)
		}
		s.relief.on.Store(true) // not to be started
		conns := make([]*connection, n)
		for i := range conns {
			conns[i] = &connection{srv: s}
		}
		for took := true; took; {
			took = false
			for _, c := range conns {
				if c.mayTakeLocked() {
					c.chargeLocked(reportStep)
					took = true
				}
			}
		}
		_, held := Held(s)
		free := max - held
		if want := max/8 + max/8*7/(n+1); free < want-n*2*reportStep || free > want+n*2*reportStep {
			t.Errorf("%d connections leave %d bytes, want about %d", n, free, want)
		}
		for _, c := range conns {
			c.giveBackLocked()
		}
		if _, held := Held(s); held != 0 {
			t.Errorf("%d bytes are counted when all have ended", held)
		}
		s.Close()
	}
}
