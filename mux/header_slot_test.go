package mux

import (
	"context"
	"sync"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// slotContext is a session's context with a slot.
type slotContext struct {
	context.Context
	slot HeaderSlot
}

func (c *slotContext) HeaderSlot() *HeaderSlot { return &c.slot }

func (c *slotContext) Value(key any) any {
	if v, ok := c.slot.Value(key); ok {
		return v
	}
	return c.Context.Value(key)
}

// answerOn runs echo as a handler of a call with req's headers on ctx.
func answerOn(t *testing.T, ctx context.Context, req *Request, echo func(ctx context.Context) error) Header {
	t.Helper()
	r := *req
	r.Method, r.Type, r.Protocol, r.Body = "echo", wire.Call, wire.Binary, []byte("\x0b\x00\x01\x00\x00\x00\x01x\x00")
	rep, err := Processor(bar.NewBarApiProcessor(headerBar{echo: echo})).ServeThrift(ctx, &r)
	if err != nil {
		t.Error(err)
	}
	return rep.Header
}

// TestASlotServesOneStub runs two on one context: the second one's headers are
// its own.
func TestASlotServesOneStub(t *testing.T) {
	h := Header{{"trace", "1"}}
	ctx := &slotContext{Context: t.Context(), slot: HeaderSlot{Header: h}}
	if _, ok := thrift.GetHeader(ctx, "trace"); ok {
		t.Error("a header without a stub")
	}
	if _, ok := thrift.GetResponseHelper(ctx); ok {
		t.Error("a helper without a stub")
	}
	for _, want := range []string{"first", "second"} {
		got := answerOn(t, ctx, &Request{Header: h, ReplyHeader: true}, func(inner context.Context) error {
			if (inner == ctx) != (want == "first") {
				t.Errorf("%s: the context is %v", want, inner)
			}
			if v, ok := thrift.GetHeader(inner, "trace"); v != "1" || !ok {
				t.Errorf("%s: trace %q", want, v)
			}
			if keys := thrift.GetReadHeaderList(inner); len(keys) != 1 {
				t.Errorf("%s: keys %q", want, keys)
			}
			helper, ok := thrift.GetResponseHelper(inner)
			if !ok {
				t.Fatal("no response helper")
			}
			helper.SetHeader("from", want)
			return nil
		})
		if len(got) != 1 || got.Get("from") != want {
			t.Errorf("%s: reply headers %v", want, got)
		}
	}
	helper, _ := thrift.GetResponseHelper(ctx)
	helper.SetHeader("too", "late") // does nothing, and does not panic
}

// TestASlotIsForItsOwnCall: what a filter made of the call is what the stub sees.
func TestASlotIsForItsOwnCall(t *testing.T) {
	h := Header{{"trace", "1"}}
	for name, req := range map[string]*Request{
		"another header":    {Header: Header{{"trace", "2"}}, ReplyHeader: true},
		"one header more":   {Header: append(h[:1:1], Field{"a", "b"}), ReplyHeader: true},
		"no way back":       {Header: h},
		"a context between": {Header: h, ReplyHeader: true},
	} {
		ctx := context.Context(&slotContext{Context: t.Context(), slot: HeaderSlot{Header: h}})
		if name == "a context between" {
			ctx = context.WithValue(ctx, otherKey{}, 1)
		}
		answerOn(t, ctx, req, func(inner context.Context) error {
			if v, _ := thrift.GetHeader(inner, "trace"); inner == ctx || v != req.Header[0].Value {
				t.Errorf("%s: trace %q, the slot was taken: %v", name, v, inner == ctx)
			}
			if _, ok := thrift.GetResponseHelper(inner); ok != req.ReplyHeader {
				t.Errorf("%s: a helper: %v", name, ok)
			}
			return nil
		})
	}
}

// TestAStubFindsHeadersInAnyCase: what was spelled as it is asked for comes before
// what differs in case, and of either the last.
func TestAStubFindsHeadersInAnyCase(t *testing.T) {
	h := Header{{"x-trace-id", "1"}, {"Tenant", "a"}, {"tenant", "b"}, {"TENANT", "c"}, {"Tenant", "d"}, {"empty", ""}}
	ctx := &slotContext{Context: t.Context(), slot: HeaderSlot{Header: h}}
	answerOn(t, ctx, &Request{Header: h}, func(ctx context.Context) error {
		for key, want := range map[string]string{
			"x-trace-id": "1", "X-Trace-Id": "1", "X-TRACE-ID": "1",
			"tenant": "b", "Tenant": "d", "TENANT": "c", "tEnAnT": "d", "Empty": "",
		} {
			if got, ok := thrift.GetHeader(ctx, key); !ok || got != want {
				t.Errorf("GetHeader(%q) = %q, %v; want %q", key, got, ok, want)
			}
		}
		if got, ok := thrift.GetHeader(ctx, "x-trace"); ok {
			t.Errorf("GetHeader of a header that did not come: %q", got)
		}
		return nil
	})
}

// TestASlotIsAskedAtAnyTime asks for the helper while and after the stub returns.
func TestASlotIsAskedAtAnyTime(t *testing.T) {
	for range 100 {
		ctx := &slotContext{Context: t.Context()}
		var asking sync.WaitGroup
		answerOn(t, ctx, &Request{ReplyHeader: true}, func(inner context.Context) error {
			for range 2 {
				asking.Go(func() { thrift.GetResponseHelper(inner) })
			}
			return nil
		})
		asking.Wait()
	}
}

func TestASlotSparesTheContext(t *testing.T) {
	req := &Request{Header: Header{{"a", "b"}}, ReplyHeader: true}
	if n := testing.AllocsPerRun(100, func() {
		ctx := &slotContext{Context: context.Background(), slot: HeaderSlot{Header: req.Header}}
		if got, s := withHeaders(ctx, req); got != ctx || s != &ctx.slot {
			t.Error("another context")
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
