package filter_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
)

func TestObservers(t *testing.T) {
	var told []string
	tell := func(who string, args ...any) { told = append(told, who+" "+fmt.Sprint(args...)) }
	o := filter.Observers(
		mux.Observer{},
		mux.Observer{
			Opened:  func(p *mux.Peer) { tell("a opened", p) },
			Refused: func(p *mux.Peer, r mux.Refusal) { tell("a refused", p, " ", r.Bound) },
		},
		mux.Observer{
			Opened: func(p *mux.Peer) { tell("b opened", p) },
			Closed: func(p *mux.Peer, why error) { tell("b closed", p, " ", why) },
		},
	)
	p := new(mux.Peer)
	o.Opened(p)
	o.Closed(p, errors.New("broken"))
	o.Refused(p, mux.Refusal{Bound: "MaxCalls"})
	want := []string{"a opened unknown", "b opened unknown", "b closed unknown broken", "a refused unknown MaxCalls"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
