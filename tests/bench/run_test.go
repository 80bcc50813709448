package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestRun is the benchmark itself, with the servers of this module, a few shapes
// and hardly any time.
func TestRun(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the CPU time and the memory of another process are only read on Linux")
	}
	p := &plan{
		rounds: 1, round: 5 * time.Millisecond, warm: time.Millisecond, idle: 20,
		servers: regexp.MustCompile("bare|oneport|Apache Go"),
		shapes:  regexp.MustCompile("^(8x32 100|32x1 16384)$"),
		out:     t.TempDir(),
		before:  "../..", // the same version: there is no other at hand
	}
	if err := p.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(p.out, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Clients) != len(callers) || len(r.Shapes) != 2 || len(r.Missing) != 0 || len(r.Idle) == 0 {
		t.Fatalf("%d shapes, %d servers missing, %d idle", len(r.Shapes), len(r.Missing), len(r.Idle))
	}
	for _, name := range []string{stub, "oneport forwarder"} {
		if find(r.Shapes[0].Cells, name) == nil || find(r.Shapes[0].Cells, name+beforeSuffix) == nil {
			t.Errorf("%s: %s was not measured in both versions", r.Shapes[0].Shape, name)
		}
	}
	if find(r.Clients[0].Cells, ours+beforeSuffix) == nil {
		t.Error("the client was not measured in both versions")
	}
	for _, with := range r.Clients {
		for _, c := range with.Cells {
			if c.CPU.Median <= 0 || c.Rate.Median <= 0 || c.Allocs.Median <= 0 || c.OfOurs.Median <= 0 {
				t.Errorf("%s: %+v", with.title(), c)
			}
		}
	}
	for _, sh := range r.Shapes {
		for _, c := range sh.Cells {
			if c.CPU.Median <= 0 || c.Rate.Median <= 0 || c.Allocs.Median < 0 || c.OfLimit.Median <= 0 || c.Versions == "" {
				t.Errorf("%s: %+v", sh.Shape, c)
			}
		}
	}
}

// TestNoServer starts a program that never says where it listens.
func TestNoServer(t *testing.T) {
	b := built{server: server{name: "echo"}, argv: []string{"echo", "hello"}}
	p, err := b.start(t.Context(), t.TempDir())
	if err == nil {
		p.stop()
		t.Fatal("started")
	}
	if !strings.Contains(err.Error(), `"hello\n"`) {
		t.Errorf("the error %q does not tell what the program said", err)
	}
}
