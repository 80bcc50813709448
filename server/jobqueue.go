package server

// jobQueue is a first-in-first-out queue of calls.
type jobQueue struct {
	ring []*call // its length is a power of two
	head int
	n    int
}

func (q *jobQueue) push(m *call) {
	if q.n == len(q.ring) {
		ring := make([]*call, max(2*len(q.ring), 64))
		for i := range q.n {
			ring[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
		}
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = m
	q.n++
}

// first returns the first call, or nil if the queue is empty.
func (q *jobQueue) first() *call {
	if q.n == 0 {
		return nil
	}
	return q.ring[q.head]
}

// drop takes the first call off.
func (q *jobQueue) drop() {
	q.ring[q.head] = nil
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
}
