package mux_test

import (
	"errors"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
)

func TestGenerationMovesWithTheTable(t *testing.T) {
	m := mux.New()
	before := m.Generation()
	m.Handle("A", names)
	after := m.Generation()
	if after == before {
		t.Error("the table changed, and the generation did not")
	}
	if err := m.Update(func(*mux.Table) error { return errors.New("no") }); err == nil || m.Generation() != after {
		t.Errorf("%v; generation %d after a change that failed, want %d", err, m.Generation(), after)
	}
	if n := testing.AllocsPerRun(100, func() { m.Generation() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
