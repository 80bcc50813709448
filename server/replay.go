package server

import "net"

// replayed is a connection of which some bytes have been read already: reading
// gives those again first.
type replayed struct {
	net.Conn
	first []byte
}

// Read is for one goroutine at a time.
func (r *replayed) Read(b []byte) (int, error) {
	if len(r.first) == 0 {
		r.first = nil
		return r.Conn.Read(b)
	}
	n := copy(b, r.first)
	r.first = r.first[n:]
	return n, nil
}
