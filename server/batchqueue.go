package server

// batchQueue is a first-in-first-out queue of batches. The workers' lock guards it.
type batchQueue struct {
	ring []*batch // its length is a power of two
	head int
	n    int
}

func (q *batchQueue) push(b *batch) {
	if q.n == len(q.ring) {
		ring := make([]*batch, max(2*len(q.ring), 64))
		for i := range q.n {
			ring[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
		}
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = b
	q.n++
	b.users++
}

// first returns the first batch of which a call is left, or nil. It takes off those
// before it.
func (q *batchQueue) first() *batch {
	for q.n > 0 {
		b := q.ring[q.head]
		if b.left() > 0 {
			return b
		}
		q.ring[q.head] = nil
		q.head = (q.head + 1) & (len(q.ring) - 1)
		q.n--
		b.release()
	}
	return nil
}
