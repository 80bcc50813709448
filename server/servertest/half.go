package servertest

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// bufferSize bounds the bytes that one end has written and the other not read.
const bufferSize = 64 << 10

// link is what the two ends of a connection share.
type link struct {
	mu      sync.Mutex // guards both halves
	changed sync.Cond  // anything in them
}

// wake makes every blocked call look again.
func (l *link) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
}

// half is one direction of a connection: what one end writes and the other
// reads. The link's lock is held around every method.
type half struct {
	*link

	buf     bytes.Buffer // at most bufferSize bytes
	writing bool         // a Write is under way; others wait, so that they do not mix

	shut        error // what Write returns once the writing end has ended this half
	readerGone  bool  // the reading end is closed
	reset       bool  // by either end
	read, write deadline
}

// readable reports whether a Read can return, and with what error.
func (h *half) readable() (bool, error) {
	switch {
	case h.readerGone:
		return true, net.ErrClosed
	case h.read.passed():
		return true, os.ErrDeadlineExceeded
	case h.reset:
		return true, syscall.ECONNRESET
	case h.buf.Len() > 0:
		return true, nil
	case h.shut != nil:
		return true, io.EOF
	}
	return false, nil
}

// writeError says why nothing can be written now, or returns nil.
func (h *half) writeError() error {
	switch {
	case h.shut != nil:
		return h.shut
	case h.write.passed():
		return os.ErrDeadlineExceeded
	case h.reset:
		return syscall.ECONNRESET
	case h.readerGone:
		return syscall.EPIPE
	}
	return nil
}

// take waits for bytes and moves them to b.
func (h *half) take(b []byte) (int, error) {
	for {
		ready, err := h.readable()
		if err != nil {
			return 0, err
		}
		if ready || len(b) == 0 {
			break
		}
		h.changed.Wait()
	}
	n := copy(b, h.buf.Next(len(b)))
	h.changed.Broadcast()
	return n, nil
}

// put writes b, waiting for room as often as it takes.
func (h *half) put(b []byte) (n int, err error) {
	for h.writing && h.writeError() == nil {
		h.changed.Wait()
	}
	if err := h.writeError(); err != nil {
		return 0, err
	}
	h.writing = true
	defer func() {
		h.writing = false
		h.changed.Broadcast()
	}()
	for {
		if room := min(bufferSize-h.buf.Len(), len(b)-n); room > 0 {
			h.buf.Write(b[n : n+room])
			n += room
			h.changed.Broadcast()
		}
		if n == len(b) {
			return n, nil
		}
		h.changed.Wait()
		if err := h.writeError(); err != nil {
			return n, err
		}
	}
}

// cut resets the half: what is in the buffer is lost.
func (h *half) cut() {
	h.reset = true
	h.buf = bytes.Buffer{}
}
