package mux

import (
	"context"
	"reflect"

	"github.com/apache/thrift/lib/go/thrift"
)

// headerContext is the context of a stub on a call with headers, where there is
// none with a slot for them: one layer for all headers.
type headerContext struct {
	context.Context
	slot HeaderSlot
}

// Value asks the slot first.
func (c *headerContext) Value(key any) any {
	if v, ok := c.slot.Value(key); ok {
		return v
	}
	return c.Context.Value(key)
}

// withHeaders returns the context for a stub, and the slot in it that is the
// stub's; or ctx and nil if the call neither brings headers nor can take any back.
func withHeaders(ctx context.Context, req *Request) (context.Context, *HeaderSlot) {
	if len(req.Header) == 0 && !req.ReplyHeader {
		return ctx, nil
	}
	if c, ok := ctx.(interface{ HeaderSlot() *HeaderSlot }); ok {
		if s := c.HeaderSlot(); s.begin(req) {
			return ctx, s
		}
	}
	c := &headerContext{Context: ctx, slot: HeaderSlot{Header: req.Header, mute: !req.ReplyHeader}}
	c.slot.begin(req)
	return c, &c.slot
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
