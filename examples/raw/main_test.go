package main

import (
	"bytes"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "BarApi.reverse: \"straight through\"\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestMirrorRefuses(t *testing.T) {
	for want, req := range map[mux.Code]*mux.Request{
		mux.InvalidProtocol: {Protocol: wire.Compact, Body: []byte{0x18, 0, 0}},
		mux.ProtocolError:   {Protocol: wire.Binary, Body: []byte{0}},
	} {
		if _, err := mirror(t.Context(), req); err == nil || mux.CodeOf(err) != want {
			t.Errorf("error %v, want %v", err, want)
		}
	}
}
