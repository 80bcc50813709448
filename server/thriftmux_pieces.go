package server

import (
	"fmt"
	"time"

	"github.com/oneport-thrift/oneport/protocol/thriftmux"
)

// muxPieces are the calls of a session that came in part ("Mux, fragments"). It
// belongs to the goroutine that reads.
type muxPieces struct {
	c       *connection
	joiner  thriftmux.Assembler
	timers  map[uint32]*time.Timer // by tag: when the call must be whole
	charged int                    // bytes that the connection counts for them
}

func (p *muxPieces) init(c *connection) {
	b := &c.srv.bounds
	p.c = c
	p.joiner = thriftmux.Assembler{Message: b.message, Stored: int(b.connBytes)}
}

// add takes a frame, which may be a whole message. body is nil if it is not whole
// yet. own says that body is memory of its own and not part of the frame.
func (p *muxPieces) add(f *thriftmux.Frame) (body []byte, own bool, err error) {
	_, own = p.timers[f.Tag]
	if !own && !f.More {
		return f.Body, false, nil
	}
	body, done, err := p.joiner.Add(*f)
	if err != nil {
		return nil, false, err
	}
	if done {
		p.stop(f.Tag)
	} else if !own {
		p.begun(f.Tag)
	}
	return body, true, p.charge()
}

// begun starts the time that a call may take to come in.
func (p *muxPieces) begun(tag uint32) {
	if p.timers == nil {
		p.timers = make(map[uint32]*time.Timer)
	}
	c, limit := p.c, p.c.srv.bounds.partial
	if limit == 0 {
		p.timers[tag] = nil
		return
	}
	p.timers[tag] = time.AfterFunc(limit, func() {
		c.cut(c.refuse("MessageTimeout", fmt.Errorf(
			"server: fragments of a message came and the rest not within %v (MessageTimeout)", limit)))
	})
}

// drop forgets what came of the call with this tag.
func (p *muxPieces) drop(tag uint32) {
	if _, begun := p.timers[tag]; begun {
		p.joiner.Drop(tag)
		p.stop(tag)
		p.charge()
	}
}

func (p *muxPieces) stop(tag uint32) {
	if t := p.timers[tag]; t != nil {
		t.Stop()
	}
	delete(p.timers, tag)
}

// charge counts the stored bytes as the connection's. The error is for more than
// the server may hold.
func (p *muxPieces) charge() error {
	c, srv := p.c, p.c.srv
	size := p.joiner.Size()
	c.mu.Lock()
	c.charge(size - p.charged)
	c.mu.Unlock()
	grown := size > p.charged
	p.charged = size
	if grown && srv.load.bytes.Load() > srv.bounds.bytes {
		return c.refuse("MaxBytes", fmt.Errorf(
			"server: no memory for the rest of a message: the limit of %d is reached (MaxBytes)", srv.bounds.bytes))
	}
	return nil
}

// end forgets everything.
func (p *muxPieces) end() {
	for tag := range p.timers {
		p.drop(tag)
	}
}
