package mux_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// TestErrorsOfTheUsersCode wants each as it was returned, without the exception
// that the stub makes of it, which has the text of all of them.
func TestErrorsOfTheUsersCode(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		code mux.Code
		text string
	}{
		{"any", errSecret, mux.InternalError, "internal error"},
		{"any, wrapped", fmt.Errorf("query: %w", errSecret), mux.InternalError, "internal error"},
		{"an exception that echo does not declare", &foo.ApiError{Reason: "swordfish"}, mux.InternalError, "internal error"},
		{"error of mux", mux.Errorf(mux.Unavailable, "no tea"), mux.Unavailable, "no tea"},
		{"error of mux, wrapped", fmt.Errorf("%w: %w", errSecret, mux.Errorf(mux.Unavailable, "no tea")), mux.Unavailable, "no tea"},
		{"application exception", thrift.NewTApplicationException(thrift.VALIDATION_FAILED, "short"), mux.InternalError, "internal error"},
		{"application exception of the stub's own type", thrift.NewTApplicationException(thrift.INTERNAL_ERROR, "tell them"), mux.InternalError, "internal error"},
		{"application exception of the type for bad arguments", thrift.NewTApplicationException(thrift.PROTOCOL_ERROR, "odd"), mux.InternalError, "internal error"},
		{"protocol exception", thrift.NewTProtocolException(errSecret), mux.InternalError, "internal error"},
		{"somebody else's context", context.Canceled, mux.Canceled, "canceled"},
		{"abandoned", thrift.ErrAbandonRequest, mux.Canceled, "abandoned by the handler"},
		{"abandoned, wrapped", fmt.Errorf("%w: %w", errSecret, thrift.ErrAbandonRequest), mux.Canceled, "abandoned by the handler"},
	} {
		for _, p := range protocols {
			t.Run(tt.name+"/"+p.String(), func(t *testing.T) {
				h := mux.Processor(fooProcessor(func(context.Context, string) (string, error) { return "", tt.err }))
				rep, err := h.ServeThrift(t.Context(), request(t, p, "echo", &foo.FooApiEchoArgs{}))
				if !errors.Is(err, tt.err) {
					t.Errorf("returned %v", err)
				}
				if code, text := mux.Public(err); code != tt.code || text != tt.text {
					t.Errorf("the client is told %v %q, want %v %q", code, text, tt.code, tt.text)
				}
				if rep.Type != 0 || rep.Body != nil {
					t.Errorf("reply %+v", rep)
				}
			})
		}
	}
}

// TestUndecodableArguments cuts arguments at every byte, and sends a list of
// numbers for one of words. The stub's words reach the client, and its handler is
// not reached.
func TestUndecodableArguments(t *testing.T) {
	h := mux.Processor(bar.NewBarApiProcessor(nil)) // every method panics
	for _, p := range protocols {
		whole := encode(t, p, &bar.BarApiIndexArgs{Words: []string{"tea", "milk"}})
		for n := range whole {
			wantUndecodable(t, h, p, "index", whole[:n:n])
		}
	}
	numbers := []byte("\x0f\x00\x01\x08\x00\x00\x00\x02\x7f\xff\xff\xff\x00\x00\x00\x02\x00")
	text := wantUndecodable(t, h, wire.Binary, "index", numbers)
	if !strings.HasPrefix(text, "error reading field 0: ") {
		t.Errorf("the client is told %q", text)
	}
	text = wantUndecodable(t, h, wire.Binary, "index", nil)
	if !strings.HasPrefix(text, "*bar.BarApiIndexArgs field 0 read error: ") {
		t.Errorf("the client is told %q", text)
	}
}

// wantUndecodable returns the text that the client is told.
func wantUndecodable(t *testing.T, h mux.Handler, p wire.Protocol, method string, body []byte) string {
	t.Helper()
	req := call(method)
	req.Protocol, req.Body = p, body
	rep, err := h.ServeThrift(t.Context(), req)
	if rep.Type != 0 || rep.Body != nil {
		t.Errorf("%v %q: reply %+v", p, body, rep)
	}
	code, text := mux.Public(err)
	if code != mux.ProtocolError || text == "" {
		t.Errorf("%v %q: %v %q", p, body, code, text)
	}
	return text
}

// TestUndecodableArgumentsOfAOnewayMethod leaves JSON out, where the runtime calls
// the end of the input an error of the transport.
func TestUndecodableArgumentsOfAOnewayMethod(t *testing.T) {
	for _, p := range []wire.Protocol{wire.Binary, wire.Compact} {
		service := &fooService{}
		whole := encode(t, p, &foo.FooApiNoteArgs{Text: "x"})
		for n := range whole {
			wantUndecodable(t, mux.Processor(foo.NewFooApiProcessor(service)), p, "note", whole[:n:n])
		}
		if n := service.noted.Load(); n != 0 {
			t.Errorf("%v: noted %d times", p, n)
		}
	}
}

// TestUnknownMethodsAreNotDecoded sends one with a body that decodes to nothing.
func TestUnknownMethodsAreNotDecoded(t *testing.T) {
	for _, p := range protocols {
		req := call("FooApi:made_up")
		req.Protocol, req.Body = p, bytes.Repeat([]byte{0xff}, 10)
		_, err := both().ServeThrift(t.Context(), req)
		if code, text := mux.Public(err); code != mux.UnknownMethod || text != `unknown method "made_up" of service "FooApi"` {
			t.Errorf("%v: %v %q", p, code, text)
		}
	}
}

// TestNothingIsAnsweredOnceTheContextHasEnded lets the stub write a result, an
// exception, or nothing, after the client has gone.
func TestNothingIsAnsweredOnceTheContextHasEnded(t *testing.T) {
	gone := errors.New("the client went away")
	past := time.Now().Add(-time.Second)
	for _, tt := range []struct {
		name string
		err  error // the handler's
	}{
		{"result", nil},
		{"error", errSecret},
		{"the context's error", context.Canceled},
		{"abandoned", thrift.ErrAbandonRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			h := mux.Processor(fooProcessor(func(context.Context, string) (string, error) {
				cancel(gone)
				return "too late", tt.err
			}))
			rep, err := h.ServeThrift(ctx, request(t, wire.Binary, "echo", &foo.FooApiEchoArgs{}))
			wantEnded(t, rep, err, mux.Canceled, "canceled", gone, tt.err)

			late, stop := context.WithDeadline(t.Context(), past)
			defer stop()
			h = mux.Processor(fooProcessor(func(context.Context, string) (string, error) { return "too late", tt.err }))
			rep, err = h.ServeThrift(late, request(t, wire.Binary, "echo", &foo.FooApiEchoArgs{}))
			wantEnded(t, rep, err, mux.DeadlineExceeded, "deadline exceeded", context.DeadlineExceeded, tt.err)
		})
	}
}

func wantEnded(t *testing.T, rep mux.Reply, err error, code mux.Code, text string, causes ...error) {
	t.Helper()
	if got, told := mux.Public(err); got != code || told != text {
		t.Errorf("the client is told %v %q, want %v %q", got, told, code, text)
	}
	if rep.Type != 0 || rep.Body != nil {
		t.Errorf("reply %+v", rep)
	}
	for _, cause := range causes {
		if cause != nil && !errors.Is(err, cause) {
			t.Errorf("the log does not learn of %v from %v", cause, err)
		}
	}
}

// TestAStubThatWaitsForItsContext is a slow call whose client goes away.
func TestAStubThatWaitsForItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := fooClient(t, both()).Slow(ctx, 60_000)
	if mux.CodeOf(err) != mux.Canceled {
		t.Error(err)
	}
}
