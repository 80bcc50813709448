package mux

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// headerBar runs a func as its echo.
type headerBar struct {
	bar.BarApi
	echo func(ctx context.Context) error
}

func (b headerBar) Echo(ctx context.Context, msg string) (string, error) { return msg, b.echo(ctx) }

// callEcho runs echo as a handler of a call with headers.
func callEcho(t *testing.T, h Header, takes bool, echo func(ctx context.Context) error) (Reply, error) {
	t.Helper()
	req := &Request{Service: "BarApi", Method: "echo", Name: "BarApi:echo", Type: wire.Call, Protocol: wire.Binary,
		Body: []byte("\x0b\x00\x01\x00\x00\x00\x01x\x00"), Header: h, ReplyHeader: takes}
	return Processor(bar.NewBarApiProcessor(headerBar{echo: echo})).ServeThrift(t.Context(), req)
}

type otherKey struct{}

func TestHandlersSeeHeadersAsInTheRuntime(t *testing.T) {
	h := Header{{"trace", "1"}, {"user", "ann"}, {"trace", "2"}, {"empty", ""}}
	want := thrift.AddReadTHeaderToContext(context.Background(), thrift.THeaderMap{"trace": "2", "user": "ann", "empty": ""})
	_, err := callEcho(t, h, true, func(ctx context.Context) error {
		for _, key := range []string{"trace", "user", "empty", "none"} { // in another case it finds more
			got, ok := thrift.GetHeader(ctx, key)
			wantValue, wantOK := thrift.GetHeader(want, key)
			if got != wantValue || ok != wantOK {
				t.Errorf("%s: %q, %v, want %q, %v", key, got, ok, wantValue, wantOK)
			}
		}
		keys := thrift.GetReadHeaderList(want)
		slices.Sort(keys)
		if got := thrift.GetReadHeaderList(ctx); !reflect.DeepEqual(got, keys) {
			t.Errorf("keys %v, want %v", got, keys)
		}
		inner := thrift.UnsetHeader(context.WithValue(ctx, otherKey{}, "other"), "user")
		if _, ok := thrift.GetHeader(inner, "user"); ok || inner.Value(otherKey{}) != "other" || ctx.Value(otherKey{}) != nil {
			t.Error("a context on top does not behave as one")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNoContextIsMadeWithoutHeaders(t *testing.T) {
	ctx := t.Context()
	if got, h := withHeaders(ctx, new(Request)); got != ctx || h != nil {
		t.Errorf("got %v", got)
	}
	_, err := callEcho(t, nil, false, func(ctx context.Context) error {
		if helper, ok := thrift.GetResponseHelper(ctx); ok {
			helper.SetHeader("a", "b") // does nothing, and does not panic
			t.Error("a helper where no headers can leave")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestResponseHeadersLeaveWithTheReply(t *testing.T) {
	failure := errors.New("failed")
	for _, err := range []error{nil, failure} {
		rep, got := callEcho(t, nil, true, func(ctx context.Context) error {
			helper, ok := thrift.GetResponseHelper(ctx)
			if !ok {
				t.Fatal("no response helper")
			}
			helper.SetHeader("dropped", "x")
			helper.ClearHeaders()
			again, _ := thrift.GetResponseHelper(ctx)
			again.SetHeader("to", "ann")
			helper.SetHeader("to", "bob")
			helper.SetHeader("big", strings.Repeat("v", 10_000))
			return err
		})
		if !errors.Is(got, err) || len(rep.Header) != 2 || rep.Header.Get("to") != "bob" || len(rep.Header.Get("big")) != 10_000 {
			t.Errorf("%d headers, to %q, error %v, want error %v", len(rep.Header), rep.Header.Get("to"), got, err)
		}
	}
	rep, err := callEcho(t, nil, true, func(context.Context) error { return nil })
	if len(rep.Header) != 0 || err != nil {
		t.Errorf("without any set: %v, %v", rep.Header, err)
	}
}

func TestResponseHeadersThatFitNoFrameFailTheCall(t *testing.T) {
	_, err := callEcho(t, nil, true, func(ctx context.Context) error {
		helper, _ := thrift.GetResponseHelper(ctx)
		helper.SetHeader("big", strings.Repeat("v", 300<<10))
		return nil
	})
	if err == nil || CodeOf(err) != InternalError {
		t.Errorf("error %v", err)
	}
}

// TestAHelperThatIsKeptDoesNothing asks for the helper when the reply has left.
func TestAHelperThatIsKeptDoesNothing(t *testing.T) {
	var kept context.Context
	if _, err := callEcho(t, nil, true, func(ctx context.Context) error { kept = ctx; return nil }); err != nil {
		t.Fatal(err)
	}
	helper, _ := thrift.GetResponseHelper(kept)
	helper.SetHeader("a", "b")
}

func TestHeaderContextsTakeOneAllocation(t *testing.T) {
	req := &Request{Header: Header{{"a", "b"}}}
	n := testing.AllocsPerRun(100, func() {
		if _, h := withHeaders(context.Background(), req); h == nil {
			t.Error("no context")
		}
	})
	if n > 1 {
		t.Errorf("%v allocations", n)
	}
}
