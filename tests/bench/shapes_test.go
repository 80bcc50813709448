package main

import (
	"slices"
	"testing"

	"github.com/oneport-thrift/oneport/internal/load"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// TestEveryDialectHasARow looks for each framing and protocol among the rows of the
// stub, and for those in a shape.
func TestEveryDialectHasARow(t *testing.T) {
	var all []built
	for _, s := range servers {
		all = append(all, built{server: s})
	}
	var framings []load.Framing
	var protocols []wire.Protocol
	for _, sh := range shapes {
		for _, b := range sh.of(all) {
			if b.prog == oneport && slices.Equal(b.args, variant("stub")) {
				framings = append(framings, b.calls.Framing)
				protocols = append(protocols, max(b.calls.Protocol, wire.Binary))
			}
			if b.single && sh.inFlight > 1 {
				t.Errorf("%s in %s", b.name, sh)
			}
		}
	}
	for f := load.Framed; f <= load.HTTP; f++ {
		if !slices.Contains(framings, f) {
			t.Errorf("framing %d has no row", f)
		}
	}
	for p := wire.Binary; p <= wire.JSON; p++ {
		if !slices.Contains(protocols, p) {
			t.Errorf("protocol %v has no row", p)
		}
	}
}
