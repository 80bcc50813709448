package server

import "github.com/oneport-thrift/oneport/protocol"

// Take counts n bytes that the call's decoded arguments are about to take. Filters
// may have them decoded side by side.
func (m *call) Take(n int64) error {
	srv := m.conn.srv
	if srv.load.bytes.Add(n) > srv.bounds.bytes {
		srv.load.bytes.Add(-n)
		over := &overBound{"MaxBytes", srv.bounds.bytes}
		srv.refused(&m.conn.peer, over.bound, over)
		return over.refusal()
	}
	m.decoded.Add(n)
	return nil
}

// giveDecoded ends the counting of the decoded arguments, when the handler has ended.
func (m *call) giveDecoded() {
	if m.decoded.Load() != 0 {
		m.conn.srv.load.bytes.Add(-m.decoded.Swap(0))
	}
}

var _ protocol.Counter = (*call)(nil)
