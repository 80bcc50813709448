package mux_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// trailing reports whether err is the ProtocolError of bytes behind a struct.
func trailing(err error) bool {
	e, we := (*mux.Error)(nil), (*wire.Error)(nil)
	return errors.As(err, &e) && e.Code == mux.ProtocolError && errors.As(err, &we) && we.Kind == wire.Trailing
}

func TestExactRefusesMoreOrLessThanAStruct(t *testing.T) {
	for _, p := range protocols {
		body := wire.AppendExceptionBody(nil, p, 6, "text")
		var answer []byte
		runs := 0
		h := mux.Exact(mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			runs++
			return mux.Reply{Type: wire.Exception, Body: answer}, nil
		}))
		for name, tt := range map[string]struct {
			body, answer []byte
			runs         int
			refused      bool
		}{
			"one struct each":         {body, body, 1, false},
			"two structs in the call": {append(bytes.Clone(body), body...), body, 0, true},
			"an empty call":           {nil, body, 0, true},
			"half a struct":           {body[:len(body)-1], body, 0, true},
			"two structs in a reply":  {body, append(bytes.Clone(body), body...), 1, true},
			"half a reply":            {body, body[:len(body)-1], 1, true},
		} {
			runs, answer = 0, tt.answer
			rep, err := h.ServeThrift(t.Context(), &mux.Request{Type: wire.Call, Protocol: p, Body: tt.body})
			if runs != tt.runs || (err != nil) != tt.refused || tt.refused && (mux.CodeOf(err) != mux.ProtocolError || rep.Body != nil) {
				t.Errorf("%v, %s: ran %d times, %v, %x", p, name, runs, err, rep.Body)
			}
		}
	}
}

func TestExactLeavesCallsWithoutAReplyAlone(t *testing.T) {
	h := mux.Exact(mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		return mux.Reply{Type: req.Type}, nil
	}))
	if _, err := h.ServeThrift(t.Context(), &mux.Request{Type: wire.Oneway, Protocol: wire.Binary, Body: []byte{0}}); err != nil {
		t.Error(err)
	}
}

// TestAMarkIsOfTheBytes shows that a body which took the place of a walked one is
// walked itself, whoever put it there.
func TestAMarkIsOfTheBytes(t *testing.T) {
	walked, two := []byte{0, 0}[:1], []byte{0, 0}
	req := &mux.Request{Protocol: wire.Binary, Body: walked}
	if req.Walked() {
		t.Error("marked from the start")
	}
	req.MarkWalked()
	if err := req.CheckBody(); err != nil || !req.Walked() {
		t.Error(err)
	}
	for name, body := range map[string][]byte{
		"other bytes": two, "the same place and more": walked[:2], "nothing": nil, "nothing at the same place": walked[:0],
	} {
		req.Body = body
		if req.Walked() || req.CheckBody() == nil {
			t.Errorf("%s pass for walked", name)
		}
	}
	req.Body = walked
	if !req.Walked() {
		t.Error("the mark is lost")
	}
	if req.Clone().Walked() {
		t.Error("a copy in other memory is marked")
	}
}

func TestABodyIsWalkedOnce(t *testing.T) {
	body := bytes.Clone([]byte{0})
	req := &mux.Request{Protocol: wire.Binary, Body: body}
	if err := req.CheckBody(); err != nil {
		t.Fatal(err)
	}
	body[0] = 1 // which nobody may do; it shows that nobody looks
	if err := req.CheckBody(); err != nil {
		t.Errorf("walked again: %v", err)
	}
}

func TestAReplysMarkEndsWithItsMemory(t *testing.T) {
	body := []byte{0, 0}
	req := &mux.Request{Protocol: wire.Binary}
	rep := mux.Reply{Type: wire.Reply, Body: body}
	req.MarkReplyWalked(body)
	if err := req.CheckReply(&rep, 0); err != nil {
		t.Errorf("walked again: %v", err)
	}
	req.Release()
	if err := req.CheckReply(&rep, 0); !trailing(err) {
		t.Errorf("after Release: %v", err)
	}
	rep.Body = body[:1]
	if err := req.CheckReply(&rep, 0); err != nil {
		t.Error(err)
	}
	rep.Body = body
	if err := req.CheckReply(&rep, 0); !trailing(err) {
		t.Errorf("marked by a look at other bytes: %v", err)
	}
}

func TestStubsRefuseWhatIsBehindTheirArguments(t *testing.T) {
	for _, p := range protocols {
		for name, args := range map[string]thrift.TStruct{
			"FooApi:echo": &foo.FooApiEchoArgs{Msg: "x"}, "FooApi:note": &foo.FooApiNoteArgs{Text: "x"},
		} {
			ran := false
			service := &fooService{
				echo: func(_ context.Context, msg string) (string, error) { ran = true; return msg, nil },
				note: func(string) error { ran = true; return nil },
			}
			m := mux.New()
			m.Register("FooApi", foo.NewFooApiProcessor(service))
			req := request(t, p, name, args)
			req.Body = append(bytes.Clone(req.Body), req.Body...)
			rep, err := m.ServeThrift(t.Context(), req)
			if !trailing(err) || rep.Body != nil || ran {
				t.Errorf("%v, %s: ran %v, %+v, %v", p, name, ran, rep, err)
			}
		}
	}
}
