package mux_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// both is a mux with the two services of the examples.
func both() *mux.Mux {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	return m
}

func TestStubsAnswerTheirClients(t *testing.T) {
	ctx := t.Context()
	for _, p := range protocols {
		t.Run(p.String(), func(t *testing.T) {
			m := both()
			f := foo.NewFooApiClient(caller{t, m, "FooApi", p})
			b := bar.NewBarApiClient(caller{t, m, "BarApi", p})
			for _, tt := range []struct {
				name string
				call func() (any, error)
				want any
			}{
				{"foo echo", func() (any, error) { return f.Echo(ctx, "hello\x00ß") }, "hello\x00ß"},
				{"bar echo", func() (any, error) { return b.Echo(ctx, "hello") }, "bar: hello"},
				{"add", func() (any, error) { return f.Add(ctx, -2, 5) }, int32(3)},
				{"note", func() (any, error) { return nil, f.Note(ctx, "x") }, nil},
				{"notes", func() (any, error) { return f.Notes(ctx) }, int32(1)},
				{"blob", func() (any, error) { return b.Blob(ctx, []byte{0, 255}) }, []byte{0, 255}},
				{"index", func() (any, error) { return b.Index(ctx, []string{"a", "b", "a"}) }, map[string][]int64{"a": {0, 2}, "b": {1}}},
			} {
				if got, err := tt.call(); err != nil || !reflect.DeepEqual(got, tt.want) {
					t.Errorf("%s: %v, %v, want %v", tt.name, got, err, tt.want)
				}
			}
		})
	}
}

// TestReplyBytes writes out what the stub of echo and of fail give back.
func TestReplyBytes(t *testing.T) {
	for _, tt := range []struct {
		p      wire.Protocol
		method string
		args   thrift.TStruct
		hex    string
		failed bool
	}{
		{wire.Binary, "echo", &foo.FooApiEchoArgs{Msg: "hi"}, "0b0000 00000002 6869 00", false},
		{wire.Compact, "echo", &foo.FooApiEchoArgs{Msg: "hi"}, "0800 02 6869 00", false},
		{wire.JSON, "echo", &foo.FooApiEchoArgs{Msg: "hi"}, hex.EncodeToString([]byte(`{"0":{"str":"hi"}}`)), false},
		{wire.Binary, "fail", &foo.FooApiFailArgs{Reason: "no"}, "0c0001 0b0001 00000002 6e6f 080002 00000007 00 00", true},
		{wire.Compact, "fail", &foo.FooApiFailArgs{Reason: "no"}, "1c 18 02 6e6f 15 0e 00 00", true},
		{wire.JSON, "fail", &foo.FooApiFailArgs{Reason: "no"},
			hex.EncodeToString([]byte(`{"1":{"rec":{"1":{"str":"no"},"2":{"i32":7}}}}`)), true},
	} {
		t.Run(tt.p.String()+" "+tt.method, func(t *testing.T) {
			rep, err := both().ServeThrift(t.Context(), request(t, tt.p, "FooApi:"+tt.method, tt.args))
			if err != nil || rep.Type != wire.Reply || rep.Failed != tt.failed {
				t.Fatalf("%+v, %v", rep, err)
			}
			if got, want := hex.EncodeToString(rep.Body), strings.ReplaceAll(tt.hex, " ", ""); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// TestTheReplyIsAppendedToScratch wants the session's memory to be used if it is
// large enough, and left alone in front of where it ends.
func TestTheReplyIsAppendedToScratch(t *testing.T) {
	for _, room := range []int{0, 3, 1000} {
		memory := append(bytes.Repeat([]byte{'#'}, 5), make([]byte, room)...)
		req := request(t, wire.Binary, "FooApi:echo", &foo.FooApiEchoArgs{Msg: "hi"})
		before := bytes.Clone(req.Body)
		req.Scratch = memory[5:5:len(memory)]
		rep, err := both().ServeThrift(t.Context(), req)
		if want := "\x0b\x00\x00\x00\x00\x00\x02hi\x00"; err != nil || string(rep.Body) != want {
			t.Fatalf("%d bytes of room: %q, %v", room, rep.Body, err)
		}
		if inside := room > 0 && &rep.Body[0] == &memory[5]; inside != (room == 1000) {
			t.Errorf("%d bytes of room: the reply is inside: %v", room, inside)
		}
		if string(memory[:5]) != "#####" || !bytes.Equal(req.Body, before) {
			t.Errorf("%d bytes of room: memory of others was written to", room)
		}
	}
}

func TestDeclaredExceptionsReachTheClient(t *testing.T) {
	for _, p := range protocols {
		_, err := foo.NewFooApiClient(caller{t, both(), "FooApi", p}).Fail(t.Context(), "no tea")
		var thrown *foo.ApiError
		if !errors.As(err, &thrown) || thrown.Reason != "no tea" || thrown.Code != 7 {
			t.Errorf("%v: %v", p, err)
		}
	}
}

// TestOnewayHasNoReply sends a oneway call with its own type, and with that of
// any other, as Go's own runtime does.
func TestOnewayHasNoReply(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, typ := range []wire.Type{wire.Call, wire.Oneway} {
		for _, fails := range []error{nil, errSecret} {
			for _, ctx := range []context.Context{t.Context(), ended} {
				service := &fooService{note: func(string) error { return fails }}
				req := request(t, wire.Binary, "note", &foo.FooApiNoteArgs{Text: "x"})
				req.Type = typ
				rep, err := mux.Processor(foo.NewFooApiProcessor(service)).ServeThrift(ctx, req)
				if rep.Type != wire.Oneway || rep.Body != nil || !errors.Is(err, fails) || (err == nil) != (fails == nil) {
					t.Errorf("%v: %+v, %v, want the error %v", typ, rep, err, fails)
				}
				if n := service.noted.Load(); n != 1 {
					t.Errorf("%v: noted %d times", typ, n)
				}
			}
		}
	}
}

func TestAProcessorIsNotChanged(t *testing.T) {
	p := fooProcessor(nil)
	before := maps.Clone(p.ProcessorMap())
	m := mux.New()
	m.Register("One", p)
	if _, err := m.ServeThrift(t.Context(), request(t, wire.Binary, "One:echo", &foo.FooApiEchoArgs{})); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(p.ProcessorMap(), before) {
		t.Errorf("its map became %v", p.ProcessorMap())
	}
	// What is added later is not served under a name that metrics do not know.
	p.AddToProcessorMap("late", before["echo"])
	if _, err := m.ServeThrift(t.Context(), call("One:late")); mux.CodeOf(err) != mux.UnknownMethod {
		t.Errorf("a method that came late: %v", err)
	}
	if got := m.Lookup("One").Methods(); slices.Contains(got, "late") {
		t.Errorf("methods %q", got)
	}
}

func TestAProcessorUnderTwoNames(t *testing.T) {
	p := fooProcessor(nil)
	m := mux.New()
	m.Register("One", p)
	m.Register("Two", p, func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{}, mux.Errorf(mux.PermissionDenied, "not here")
		})
	})
	for name, want := range map[string]mux.Code{"One": -1, "Two": mux.PermissionDenied} {
		req := request(t, wire.Binary, name+":echo", &foo.FooApiEchoArgs{Msg: "hi"})
		_, err := m.ServeThrift(t.Context(), req)
		if (want >= 0 || err != nil) && mux.CodeOf(err) != want || req.Route.Service != name {
			t.Errorf("%s: %v on the route of %s", name, err, req.Route.Service)
		}
	}
}

func TestAProcessorSpeaksNoOtherProtocol(t *testing.T) {
	for _, p := range []wire.Protocol{0, 9} {
		req := call("FooApi:echo")
		req.Protocol = p
		if _, err := both().ServeThrift(t.Context(), req); mux.CodeOf(err) != mux.InvalidProtocol {
			t.Errorf("%v: %v", p, err)
		}
	}
}
