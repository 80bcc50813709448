package server

import "github.com/oneport-thrift/oneport/protocol"

// Take counts n bytes that the call's decoded arguments are about to take. Filters
// may have them decoded side by side.
func (m *call) Take(n int64) error {
	c := m.conn
	srv := c.srv
	// The rule of share.go, for what is decoded by itself.
	held := c.decoded.Add(n)
	srv.count(n)
	if free := srv.bounds.bytes - srv.bounds.bytes/8 - srv.load.bytes.Load(); held > n+free || free < 0 {
		c.decoded.Add(-n)
		srv.count(-n)
		over := &overBound{bound: "MaxBytes", limit: srv.bounds.bytes, held: held, free: max(n+free, 0)}
		srv.refused(&c.peer, over.bound, over)
		return over.refusal()
	}
	m.decoded.Add(n)
	return nil
}

// giveDecoded ends the counting of the decoded arguments, when the handler has ended.
// Most are too few to be counted.
func (m *call) giveDecoded() {
	if m.decoded.Load() != 0 {
		m.uncountDecoded()
	}
}

func (m *call) uncountDecoded() {
	n := m.decoded.Swap(0)
	m.conn.decoded.Add(-n)
	m.conn.srv.count(-n)
}

var _ protocol.Counter = (*call)(nil)
