package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
)

// appendCall is for sessions that send nothing but the call.
func (s *muxSession) appendCall(dst []byte, req *mux.Request, id uint32) ([]byte, error) {
	return s.appendDispatch(dst, &call{id: id, ctx: context.Background()}, req)
}

// appendDispatch appends a call with the contexts of its caller, in fragments if
// it is longer than what the server wants in a frame.
func (s *muxSession) appendDispatch(dst []byte, m *call, req *mux.Request) ([]byte, error) {
	if m.old = s.old.Load(); m.old {
		return s.appendTreq(dst, m, req)
	}
	contexts, err := s.callContexts(m, req)
	if err != nil {
		return dst, err
	}
	start := len(dst)
	dst, mark := thriftmux.BeginFrame(dst, thriftmux.Tdispatch, tagOf(m.id))
	body := len(dst)
	dst = thriftmux.AppendTdispatch(dst, thriftmux.Request{Contexts: contexts})
	dst = appendMessage(dst, req, m.id)
	if n := len(dst) - body; n > s.limit {
		return dst, errTooLarge(n, s.limit)
	}
	if len(dst)-body <= s.window {
		thriftmux.EndFrame(dst, mark)
		return dst, nil
	}
	whole := append([]byte(nil), dst[body:]...)
	pieces, more := thriftmux.Split(thriftmux.Tdispatch, tagOf(m.id), whole, s.window), true
	for dst = dst[:start]; more; {
		dst, more = pieces.Next(dst)
	}
	return dst, nil
}

// appendTreq appends a call as old servers know it, with a trace alone.
func (s *muxSession) appendTreq(dst []byte, m *call, req *mux.Request) ([]byte, error) {
	var q thriftmux.OldRequest
	q.SetTrace(newSpan(mux.ContextsFrom(m.ctx)))
	dst, mark := thriftmux.BeginFrame(dst, thriftmux.Treq, tagOf(m.id))
	dst = thriftmux.AppendTreq(dst, q)
	dst = appendMessage(dst, req, m.id)
	if n := len(dst) - mark - thriftmux.FrameOverhead; n > s.limit {
		return dst, errTooLarge(n, s.limit)
	}
	thriftmux.EndFrame(dst, mark)
	return dst, nil
}

// errHeaders is the failure of a call whose headers do not fit into their context.
var errHeaders = errors.New("headers of more than 32,767 bytes")

// callContexts lays out the contexts of a call: its own, those of the call on
// whose behalf it is made, and the headers of the application.
func (s *muxSession) callContexts(m *call, req *mux.Request) (thriftmux.Pairs, error) {
	caller := mux.ContextsFrom(m.ctx)
	w := contextWriter{pairs: thriftmux.PairsOn(s.contexts)}
	var room [40]byte
	w.add(thriftmux.TraceKey, newSpan(caller).Append(room[:0]))
	w.add(thriftmux.RetriesKey, thriftmux.AppendRetries(room[:0], int32(m.attempt-1)))
	if by, ok := m.ctx.Deadline(); ok {
		w.add(thriftmux.DeadlineKey, thriftmux.Deadline{Timestamp: time.Now(), Deadline: by}.Append(room[:0]))
	}
	clientID := s.c.client.config.ClientID
	if clientID != "" {
		w.add(thriftmux.ClientIDKey, []byte(clientID))
	}
	headers := thriftmux.PairsOn(s.headers)
	for _, f := range req.Header {
		switch {
		case inherited(caller, f.Key):
		case strings.HasPrefix(f.Key, finagleContexts):
			w.addString(f.Key, f.Value)
		default:
			w.fail(thriftmux.AddPair(&headers, f.Key, f.Value))
		}
	}
	if n := len(headers.Bytes()); n > thriftmux.MaxField {
		w.fail(errHeaders)
	} else if n > 0 {
		w.add(thriftmux.RequestHeadersKey, headers.Bytes())
	}
	for _, f := range caller {
		switch f.Key {
		case thriftmux.TraceKey, thriftmux.RetriesKey, thriftmux.DeadlineKey:
		case thriftmux.ClientIDKey:
			if clientID == "" {
				w.addString(f.Key, f.Value)
			}
		case thriftmux.RequestHeadersKey:
			if headers.Len() == 0 {
				w.addString(f.Key, f.Value)
			}
		default:
			w.addString(f.Key, f.Value)
		}
	}
	s.contexts, s.headers = w.pairs.Bytes(), headers.Bytes()
	return w.pairs, w.err
}

// finagleContexts is what the names of Finagle's contexts begin with: a header of
// such a name is sent as a context of its own.
const finagleContexts = "com.twitter.finagle."

func inherited(caller mux.Header, key string) bool {
	for i := range caller {
		if caller[i].Key == key {
			return true
		}
	}
	return false
}

// contextWriter adds pairs until one does not fit.
type contextWriter struct {
	pairs thriftmux.Pairs
	err   error
}

func (w *contextWriter) add(key string, value []byte) {
	w.fail(thriftmux.AddPair(&w.pairs, key, value))
}

func (w *contextWriter) addString(key, value string) {
	w.fail(thriftmux.AddPair(&w.pairs, key, value))
}

func (w *contextWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// newSpan is the trace identity of one sending of a call: a span in the trace of
// the call on whose behalf it is made, or a trace of its own.
func newSpan(caller mux.Header) thriftmux.Trace {
	id := rand.Uint64()
	if t, ok := thriftmux.ParseTrace([]byte(caller.Get(thriftmux.TraceKey))); ok {
		return t.Child(id)
	}
	return thriftmux.Trace{Span: id, Parent: id, ID: id}
}
