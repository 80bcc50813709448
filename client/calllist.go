package client

// callList is calls in the order in which they came, linked by prev and next. Each is
// taken out in one step, wherever it is: how many wait depends on servers that take
// their time. The zero callList is empty.
type callList struct{ first, last *call }

// push puts m behind all others.
func (l *callList) push(m *call) {
	if m.prev = l.last; m.prev != nil {
		m.prev.next = m
	} else {
		l.first = m
	}
	l.last = m
}

// remove takes m out, which must be in the list.
func (l *callList) remove(m *call) {
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		l.first = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	} else {
		l.last = m.prev
	}
	m.prev, m.next = nil, nil
}
