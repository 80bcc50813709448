package server

import (
	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
)

// longReply is a reply that is cut into pieces which the client wants to receive
// ("Mux, fragments").
type longReply struct {
	tag        uint32
	body       *conn.Buffer // holds all pieces until the last one is in the outbox
	pieces     thriftmux.Fragments
	prev, next *longReply
}

// longOverhead is about what a long reply takes beside its body.
const longOverhead = 256

// weight returns how many bytes the connection counts for r until the last piece is in
// the outbox.
func (r *longReply) weight() int { return cap(r.body.B) + longOverhead }

// longReplies are the long replies of a session in the order of their turns. A client
// decides how many there are, so each is found and taken out in one step. The zero
// longReplies is empty.
type longReplies struct {
	first, last *longReply
	byTag       map[uint32]*longReply
	bytes       int // what they weigh together
}

func (l *longReplies) add(r *longReply) {
	if l.byTag == nil {
		l.byTag = make(map[uint32]*longReply)
	}
	l.byTag[r.tag] = r
	l.bytes += r.weight()
	l.link(r)
}

func (l *longReplies) remove(r *longReply) {
	delete(l.byTag, r.tag)
	l.bytes -= r.weight()
	l.unlink(r)
}

// toEnd makes it the turn of all others before that of r.
func (l *longReplies) toEnd(r *longReply) {
	l.unlink(r)
	l.link(r)
}

func (l *longReplies) link(r *longReply) {
	if r.prev = l.last; r.prev != nil {
		r.prev.next = r
	} else {
		l.first = r
	}
	l.last = r
}

func (l *longReplies) unlink(r *longReply) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		l.last = r.prev
	}
	r.prev, r.next = nil, nil
}
