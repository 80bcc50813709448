package loglines

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

func TestLinesASecond(t *testing.T) {
	var l Limiter
	start := time.Unix(1000, 0)
	count := func(name string, perSecond int, at time.Duration) (lines, unlogged, firsts int) {
		for range 100 {
			n, first, ok := l.Allow(name, perSecond, start.Add(at))
			if ok {
				lines++
				unlogged += n
			}
			if first {
				firsts++
			}
		}
		return lines, unlogged, firsts
	}
	for _, c := range []struct {
		name      string
		perSecond int
		at        time.Duration
		want      [3]int
	}{
		{"a", 1, 0, [3]int{1, 0, 1}},
		{"b", 10, 0, [3]int{10, 0, 1}},
		{"a", 1, 999 * time.Millisecond, [3]int{0, 0, 0}},
		{"a", 1, time.Second, [3]int{1, 199, 0}},
		{"b", 10, time.Second, [3]int{10, 90, 0}},
		{"c", 0, 0, [3]int{100, 0, 1}},
	} {
		lines, unlogged, firsts := count(c.name, c.perSecond, c.at)
		if got := [3]int{lines, unlogged, firsts}; got != c.want {
			t.Errorf("%s, %d a second, after %v: lines, unlogged and firsts are %v, want %v", c.name, c.perSecond, c.at, got, c.want)
		}
	}
}

func TestKindsAreBounded(t *testing.T) {
	var l Limiter
	lines, now := 0, time.Unix(1000, 0)
	for i := range 10 * maxKinds {
		if _, _, ok := l.Allow(fmt.Sprint("made up ", i), 1, now); ok {
			lines++
		}
	}
	if len(l.kinds) > maxKinds+1 || lines != maxKinds+1 {
		t.Errorf("%d kinds and %d lines, want at most %d", len(l.kinds), lines, maxKinds+1)
	}
}

func here(v any)    { panic(v) }
func there(i []int) { i[7]++ }
func twice()        { defer func() { panic(recover()) }(); here("first") }
func later()        { defer func() { here("second") }(); there(nil) }

func TestPlace(t *testing.T) {
	place := func(f func()) (place string) {
		defer func() {
			recover()
			place = Place(debug.Stack())
		}()
		f()
		return "none"
	}
	atHere, atThere := place(func() { here(1) }), place(func() { there(nil) })
	if !strings.Contains(atHere, "loglines_test.go:") || strings.Contains(atHere, "+0x") || !strings.Contains(atThere, "loglines_test.go:") || atHere == atThere {
		t.Errorf("places %q and %q", atHere, atThere)
	}
	for name, c := range map[string]struct {
		f    func()
		want string
	}{
		"another value":         {func() { here("a long story") }, atHere},
		"a nil pointer":         {func() { var p *Limiter; p.kinds = nil }, ""},
		"raised again":          {twice, atHere},
		"while another unwinds": {later, atThere},
	} {
		got := place(c.f)
		if c.want == "" && !strings.Contains(got, "loglines_test.go:") || c.want != "" && got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for _, stack := range []string{"", "goroutine 7 [running]:\n", "x\npanic(", "\npanic({0x1})\n\t/a.go:7 +0x1"} {
		if got := Place([]byte(stack)); got != "" {
			t.Errorf("%q: %q, want no place", stack, got)
		}
	}
}
