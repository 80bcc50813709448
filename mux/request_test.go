package mux_test

import (
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestCloneSharesNoMemoryWithTheSession(t *testing.T) {
	m := shop()
	blocked := 0
	r := &mux.Request{
		Name: "Store:get", Service: "Store", Method: "get", Route: m.Lookup("Store"),
		Type: wire.Oneway, SeqID: 9, Protocol: wire.Compact,
		Header: mux.Header{{"a", "1"}}, Peer: &mux.Peer{Addr: &net.UnixAddr{Name: "p"}},
		Received: time.Unix(1, 2), Body: []byte("body"), Scratch: make([]byte, 0, 8), MaxDepth: 3,
		OnBlock: func() { blocked++ }, Held: new(holder),
	}
	want := *r
	want.Scratch, want.OnBlock, want.Held = nil, nil, nil
	want.Header, want.Body = mux.Header{{"a", "1"}}, []byte("body")
	c := r.Clone()
	copy(r.Body, "next")
	r.Header[0].Value = "2"
	r.Service, r.Method, r.Route = "Till", "put", nil
	if !sameFields(c, &want) {
		t.Errorf("the clone became\n%+v, want\n%+v", c, &want)
	}
	c.WillBlock()
	if blocked != 0 {
		t.Error("a clone has a say in the session's reading")
	}
	if empty := new(mux.Request).Clone(); !sameFields(empty, new(mux.Request)) {
		t.Errorf("the clone of nothing is %+v", empty)
	}
}

// sameFields compares what users can see.
func sameFields(a, b *mux.Request) bool {
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		if x.Type().Field(i).IsExported() && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			return false
		}
	}
	return true
}

// holder counts how often it is released.
type holder struct{ released int }

func (h *holder) Release() { h.released++ }

func TestWhatAReplyStandsInIsReleasedOnce(t *testing.T) {
	var h holder
	r := &mux.Request{Held: &h}
	for range 3 {
		r.Release()
	}
	if h.released != 1 || r.Held != nil {
		t.Errorf("released %d times, holding %v", h.released, r.Held)
	}
}

func TestWillBlockTellsTheSessionOnce(t *testing.T) {
	n := 0
	r := &mux.Request{OnBlock: func() { n++ }}
	for range 3 {
		r.WillBlock()
	}
	if n != 1 {
		t.Errorf("told %d times", n)
	}
	new(mux.Request).WillBlock() // a session that does not care
}
