package server

import (
	"fmt"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
)

// muxPieces are the calls of a session that came in part ("Mux, fragments"). It
// belongs to the goroutine that reads.
type muxPieces struct {
	s       *muxSession
	joiner  thriftmux.Assembler
	begun   map[uint32]*muxPiece // by tag
	charged int                  // bytes that the connection counts for them
}

// muxPiece is a call of which not all pieces are there.
type muxPiece struct {
	timer *time.Timer // when the call must be whole; nil: at any time
	// over is why the call is turned away when the last piece has come: earlier, the
	// client might use the tag again between the pieces. Nothing is stored of it.
	over *overBound
}

// pieceOverhead is about what a call in pieces takes beside them.
const pieceOverhead = 512

func (p *muxPieces) init(s *muxSession) {
	p.s = s
	p.joiner = thriftmux.Assembler{Message: s.c.srv.bounds.message, Stored: -1, Messages: -1}
}

// add takes a frame, which may be a whole message. body is nil if it is not whole
// yet, or turned away. own says that body is memory of its own and not part of the
// frame.
func (p *muxPieces) add(f *thriftmux.Frame) (body []byte, own bool, err error) {
	piece := p.begun[f.Tag]
	if piece == nil && !f.More {
		return f.Body, false, nil
	}
	if piece == nil {
		if piece, err = p.begin(f.Tag); err != nil {
			return nil, false, err
		}
	}
	if piece.over == nil {
		piece.over = p.overBound(len(f.Body))
	}
	if piece.over != nil {
		p.turnAway(f, piece)
		return nil, false, nil
	}
	body, done, err := p.joiner.Add(*f)
	if err != nil {
		return nil, false, err
	}
	if done {
		p.stop(f.Tag)
	}
	p.charge()
	return body, true, nil
}

// shed is add for a piece that has no room before it is whole. The error ends the
// session.
func (p *muxPieces) shed(f *thriftmux.Frame, why *overBound) (err error) {
	piece := p.begun[f.Tag]
	if piece == nil {
		if piece, err = p.begin(f.Tag); err != nil {
			return err
		}
	}
	piece.over = why
	p.turnAway(f, piece)
	return nil
}

// turnAway forgets what came of a call, and answers it if its last piece has come. A
// client sends the call elsewhere.
func (p *muxPieces) turnAway(f *thriftmux.Frame, piece *muxPiece) {
	c := p.s.c
	p.joiner.Drop(f.Tag)
	if !f.More {
		p.stop(f.Tag)
		c.mu.Lock()
		p.s.nackLocked(f, mux.SendAgain, mux.Overloaded, piece.over.refusal().Error())
		c.mu.Unlock()
		c.srv.refused(&c.peer, piece.over.bound, piece.over)
	}
	p.charge()
}

// overBound returns the bound that has no room for n bytes more of a call, or nil.
func (p *muxPieces) overBound(n int) *overBound {
	c := p.s.c
	b := &c.srv.bounds
	switch stored := int64(p.joiner.Size()); {
	case stored+int64(n) > b.connBytes:
		return &overBound{bound: "MaxConnBytes", limit: b.connBytes}
	case stored+int64(n) <= b.small:
		return nil // the call is refused when it is whole, if need be
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mayHoldLocked(c.heldLocked()) {
		return nil
	}
	return c.overShareLocked()
}

// begin starts the time that a call may take to come in. The error is for too many
// such calls.
func (p *muxPieces) begin(tag uint32) (*muxPiece, error) {
	c, limit := p.s.c, p.s.c.srv.bounds.partial
	most := c.srv.bounds.callsPerSession
	if len(p.begun)/2 >= most {
		return nil, c.refuse("MaxCallsPerConn", fmt.Errorf(
			"server: more than twice %d calls of a session are not whole (MaxCallsPerConn)", most))
	}
	if p.begun == nil {
		p.begun = make(map[uint32]*muxPiece)
	}
	piece := new(muxPiece)
	if len(p.begun) >= most {
		piece.over = &overBound{bound: "MaxCallsPerConn", limit: int64(most)}
	}
	p.begun[tag] = piece
	if limit == 0 {
		return piece, nil
	}
	piece.timer = time.AfterFunc(limit, func() {
		c.cut(c.refuse("MessageTimeout", fmt.Errorf(
			"server: fragments of a message came and the rest not within %v (MessageTimeout)", limit)))
	})
	return piece, nil
}

// drop forgets what came of the call with this tag.
func (p *muxPieces) drop(tag uint32) {
	if p.begun[tag] != nil {
		p.joiner.Drop(tag)
		p.stop(tag)
		p.charge()
	}
}

func (p *muxPieces) stop(tag uint32) {
	if piece := p.begun[tag]; piece != nil && piece.timer != nil {
		piece.timer.Stop()
	}
	delete(p.begun, tag)
}

// charge counts what is stored as the connection's: the bytes, a quarter more for the
// room that joining them takes, and what each call takes beside them.
func (p *muxPieces) charge() {
	size := p.joiner.Size()
	size += size/4 + pieceOverhead*len(p.begun)
	if size != p.charged {
		p.s.c.chargeIncoming(size - p.charged)
		p.charged = size
	}
}

// end forgets everything.
func (p *muxPieces) end() {
	for tag := range p.begun {
		p.drop(tag)
	}
}
