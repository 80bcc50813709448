package filter

import "github.com/oneport-thrift/oneport/mux"

// Observers returns an observer that tells each of os in turn, for a server that
// both logs and counts.
func Observers(os ...mux.Observer) mux.Observer {
	var opened []func(*mux.Peer)
	var closed []func(*mux.Peer, error)
	var refused []func(*mux.Peer, mux.Refusal)
	for _, o := range os {
		if o.Opened != nil {
			opened = append(opened, o.Opened)
		}
		if o.Closed != nil {
			closed = append(closed, o.Closed)
		}
		if o.Refused != nil {
			refused = append(refused, o.Refused)
		}
	}
	return mux.Observer{
		Opened: func(p *mux.Peer) {
			for _, f := range opened {
				f(p)
			}
		},
		Closed: func(p *mux.Peer, why error) {
			for _, f := range closed {
				f(p, why)
			}
		},
		Refused: func(p *mux.Peer, r mux.Refusal) {
			for _, f := range refused {
				f(p, r)
			}
		},
	}
}
