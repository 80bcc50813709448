package mux

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/apache/thrift/lib/go/thrift"
)

// headerContext is the context of a stub on a call with headers. It holds what
// the runtime's thrift.GetHeader, thrift.GetReadHeaderList and
// thrift.GetResponseHelper look for, in one layer for all headers, and makes the
// response helper only for handlers that ask for it.
type headerContext struct {
	context.Context
	header  Header
	replies bool // there is a helper

	once    sync.Once // guards the making of written
	written *replyHeader
}

// withHeaders returns the context for a stub, which is ctx if the call neither
// brings headers nor can take any back; h is nil then.
func withHeaders(ctx context.Context, req *Request) (_ context.Context, h *headerContext) {
	if len(req.Header) == 0 && !req.ReplyHeader {
		return ctx, nil
	}
	h = &headerContext{Context: ctx, header: req.Header, replies: req.ReplyHeader}
	return h, h
}

// Value answers for the runtime's keys. Of a key that came more than once the
// last value counts, as in the runtime's map.
func (c *headerContext) Value(key any) any {
	switch {
	case key == responseHelperKey:
		if c.replies {
			return c.helper()
		}
	case key == readListKey:
		if len(c.header) > 0 {
			return c.keys()
		}
	case reflect.TypeOf(key) == headerKeyType:
		name := reflect.ValueOf(key).String()
		for _, f := range slices.Backward(c.header) {
			if f.Key == name {
				return f.Value
			}
		}
	}
	return c.Context.Value(key)
}

// keys lists the keys of the headers, each once.
func (c *headerContext) keys() []string {
	keys := make([]string, len(c.header))
	for i, f := range c.header {
		keys[i] = f.Key
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (c *headerContext) helper() thrift.TResponseHelper {
	c.once.Do(func() { c.written = newReplyHeader() })
	if c.written == nil {
		return thrift.TResponseHelper{} // the reply has left
	}
	return thrift.TResponseHelper{THeaderResponseHelper: thrift.NewTHeaderResponseHelper(c.written.protocol)}
}

// reply returns the headers that the handler has set, once it has returned. c may
// be nil.
func (c *headerContext) reply() (Header, error) {
	if c == nil {
		return nil, nil
	}
	c.once.Do(func() {}) // who asks from now on is too late
	if c.written == nil {
		return nil, nil
	}
	return c.written.header()
}

// The keys that the runtime looks for are of types that it keeps to itself, so it
// is asked for them once.
var (
	responseHelperKey = keyOf(func(ctx context.Context) { thrift.GetResponseHelper(ctx) })
	readListKey       = keyOf(func(ctx context.Context) { thrift.GetReadHeaderList(ctx) })
	headerKeyType     = reflect.TypeOf(keyOf(func(ctx context.Context) { thrift.GetHeader(ctx, "") }))
)

// keyOf returns the key that ask asks a context for.
func keyOf(ask func(context.Context)) any {
	p := &keyProbe{Context: context.Background()}
	ask(p)
	return p.key
}

type keyProbe struct {
	context.Context
	key any
}

func (p *keyProbe) Value(key any) any {
	p.key = key
	return nil
}
