package load

import (
	"net"
	"sync"
)

// sender is the writing side of a connection.
type sender interface {
	// send writes b. If wait is false it may write less than all, or nothing,
	// when there is no room.
	send(b []byte, wait bool) (n int, err error)
	// close ends what the sender runs, once the connection is closed.
	close()
}

// pump is a sender for connections that can only write and wait: a goroutine
// does, with a copy. It ends with close.
type pump struct {
	nc    net.Conn
	full  chan []byte // to the goroutine, one at a time
	empty chan []byte // back
	mu    sync.Mutex
	err   error
}

func newPump(nc net.Conn) *pump {
	p := &pump{nc: nc, full: make(chan []byte, 1), empty: make(chan []byte, 1)}
	p.empty <- nil
	go p.write()
	return p
}

func (p *pump) write() {
	for b := range p.full {
		if _, err := p.nc.Write(b); err != nil {
			p.mu.Lock()
			p.err = err
			p.mu.Unlock()
		}
		p.empty <- b[:0]
	}
}

func (p *pump) send(b []byte, wait bool) (int, error) {
	var buf []byte
	if wait {
		buf = <-p.empty
	} else {
		select {
		case buf = <-p.empty:
		default:
			return 0, nil
		}
	}
	p.mu.Lock()
	err := p.err
	p.mu.Unlock()
	if err != nil {
		p.empty <- buf
		return 0, err
	}
	p.full <- append(buf, b...)
	return len(b), nil
}

func (p *pump) close() { close(p.full) }
