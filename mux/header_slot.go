package mux

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/thrift/lib/go/thrift"
)

// HeaderSlot is what a context answers to a stub that asks for the headers of its
// call, or for the helper by which it sets those of the reply, in the runtime's
// terms: thrift.GetHeader, thrift.GetReadHeaderList, thrift.GetResponseHelper.
//
// It is for sessions that make a context for each call anyway: one with a method
// HeaderSlot() *HeaderSlot, which answers with [HeaderSlot.Value] before it asks
// its parent, spares stubs a context of their own. A slot serves one stub once,
// if it is handed that very context; any other gets a slot of its own. It must
// not be copied. Its methods may be called concurrently.
type HeaderSlot struct {
	// Header is the call's Request.Header. It is set before the context is handed
	// out, and neither it nor its fields change afterwards.
	Header Header

	mute bool // the reply has no headers

	// state is told without the lock for those who never ask for the helper.
	state   atomic.Uint32
	mu      sync.Mutex // guards written, and state from slotAsked on
	written *replyHeader
}

// The states of a HeaderSlot. Each leads to a later one only.
const (
	slotFree  = iota // serves no stub, and answers nothing
	slotOpen         // a stub runs
	slotAsked        // it has asked for the helper
	slotOver         // it has returned
)

// begin takes the slot for the stub that serves req. It reports false if the slot
// is not for it.
func (s *HeaderSlot) begin(req *Request) bool {
	same := len(s.Header) == len(req.Header) && (len(s.Header) == 0 || &s.Header[0] == &req.Header[0])
	return same && req.ReplyHeader != s.mute && s.state.CompareAndSwap(slotFree, slotOpen)
}

// Value answers for the runtime's keys; ok is false for others, and as long as no
// stub runs. A header is found whatever the ASCII case of its key is, as by
// [Header.Get]. Of a header that came more than once the last value counts, as in
// the runtime's map; one whose key is spelled exactly as asked comes first.
func (s *HeaderSlot) Value(key any) (value any, ok bool) {
	if s.state.Load() == slotFree {
		return nil, false
	}
	switch {
	case key == responseHelperKey:
		if !s.mute {
			return s.helper(), true
		}
	case key == readListKey:
		if len(s.Header) > 0 {
			return s.keys(), true
		}
	case reflect.TypeOf(key) == headerKeyType:
		if v, ok := s.last(reflect.ValueOf(key).String()); ok {
			return v, true
		}
	}
	return nil, false
}

// last returns the last value of the key as it is spelled, or else of a key that
// differs from it in case alone. The spelling matters on dialects whose keys are
// not lower-cased, where the runtime tells such keys apart.
func (s *HeaderSlot) last(key string) (value string, ok bool) {
	for _, f := range slices.Backward(s.Header) {
		if f.Key == key {
			return f.Value, true
		}
	}
	for _, f := range slices.Backward(s.Header) {
		if strings.EqualFold(f.Key, key) {
			return f.Value, true
		}
	}
	return "", false
}

// keys lists the keys of the headers, each once.
func (s *HeaderSlot) keys() []string {
	keys := make([]string, len(s.Header))
	for i, f := range s.Header {
		keys[i] = f.Key
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// helper returns the response helper, which does nothing once the reply has left.
func (s *HeaderSlot) helper() thrift.TResponseHelper {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.CompareAndSwap(slotOpen, slotAsked) {
		s.written = newReplyHeader()
	}
	if s.state.Load() == slotOver {
		return thrift.TResponseHelper{}
	}
	return thrift.TResponseHelper{THeaderResponseHelper: thrift.NewTHeaderResponseHelper(s.written.protocol)}
}

// end returns the headers that the stub has set, once it has returned.
func (s *HeaderSlot) end() (Header, error) {
	if s.state.CompareAndSwap(slotOpen, slotOver) {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Store(slotOver) // who asks from now on is too late
	return s.written.header()
}
