package server

import "github.com/oneport-thrift/oneport/internal/conn"

// keptReplies are replies of calls that a worker ran one after the other on a
// connection that keeps the order. They are in their calls' hands already, for
// whoever moves them to the outbox, but it took no lock to put them there.
type keptReplies struct {
	buf   *conn.Buffer // where the next one goes
	holds int          // of buf, for the next ones: taken together, since each alone would cost as much as a lock
	bytes int          // of the replies, which the connection does not count yet
}

const (
	maxKept   = reportStep // bytes; what is more is counted at once
	keptRoom  = 8 << 10
	keptHolds = 64
)

// keep takes m's reply and leaves it to be sent with those of the calls that w runs
// next. It reports false if it is too large for that.
func (w *worker) keep(m *call) bool {
	k := &w.kept
	size := m.room()
	if m.size > maxKept || k.bytes+size > maxKept {
		return false
	}
	if m.result.Type != 0 {
		k.add(m, size)
		k.bytes += len(m.reply.Bytes())
	}
	m.req.Release()
	w.unsent = m.conn
	m.done.Store(true)
	return true
}

// add encodes m's reply, of about size bytes.
func (k *keptReplies) add(m *call, size int) {
	if k.holds == 0 || cap(k.buf.B)-len(k.buf.B) < size {
		k.drop()
		k.buf = conn.Take(max(size, keptRoom))
		k.buf.Hold(keptHolds)
		k.holds = keptHolds
	}
	b, from := k.buf, len(k.buf.B)
	out := m.conn.sess.appendReply(b.B, m)
	if cap(out) != cap(b.B) { // replies that stand there already must stay where they are
		m.reply.Set(conn.Wrap(out[from:]), 0)
		return
	}
	b.B = out
	k.holds--
	m.reply.Set(b, from)
}

// counted returns the bytes that have not been counted, for the connection to do
// so.
func (k *keptReplies) counted() int {
	n := k.bytes
	k.bytes = 0
	return n
}

// drop gives up the buffer, but for what stands in it.
func (k *keptReplies) drop() {
	k.buf.ReleaseN(k.holds + 1)
	k.buf, k.holds = nil, 0
}
