package thriftmux

import (
	"math/rand/v2"
	"testing"
)

func TestTagsLowestFirst(t *testing.T) {
	var tags Tags
	for want := MinTag; want < 200; want++ {
		if got, ok := tags.Take(); !ok || got != want {
			t.Fatalf("tag %d, %v, want %d", got, ok, want)
		}
	}
	for _, tag := range []uint32{150, 3, 70} {
		if !tags.Free(tag) || tags.Free(tag) {
			t.Errorf("tag %d is not freed exactly once", tag)
		}
	}
	for _, want := range []uint32{3, 70, 150, 200} {
		if got, ok := tags.Take(); !ok || got != want {
			t.Errorf("tag %d, %v, want %d", got, ok, want)
		}
	}
}

func TestTagsBound(t *testing.T) {
	tags := Tags{Max: 3}
	for range 3 {
		if _, ok := tags.Take(); !ok {
			t.Fatal("no tag")
		}
	}
	if tag, ok := tags.Take(); ok {
		t.Errorf("tag %d over Max", tag)
	}
	tags.Free(3)
	if tag, ok := tags.Take(); !ok || tag != 3 {
		t.Errorf("tag %d, %v after one was freed", tag, ok)
	}
	for _, tag := range []uint32{0, 1, 5, MaxTag, MaxTag + 1, 0xffffffff} {
		if tags.Free(tag) || tags.Taken(tag) {
			t.Errorf("tag %d was in use", tag)
		}
	}
}

func TestTagsAll(t *testing.T) {
	var tags Tags
	last := uint32(0)
	for {
		tag, ok := tags.Take()
		if !ok {
			break
		}
		last = tag
	}
	if last != MaxTag || tags.Len() != allTags {
		t.Errorf("last tag %d, %d in use", last, tags.Len())
	}
}

// TestTagsAgainstAModel takes and frees at random beside a plain set.
func TestTagsAgainstAModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	tags := Tags{Max: 300}
	used := map[uint32]bool{}
	for range 20_000 {
		if rnd.IntN(2) == 0 {
			want := MinTag
			for used[want] {
				want++
			}
			got, ok := tags.Take()
			if ok != (len(used) < 300) || ok && got != want {
				t.Fatalf("tag %d, %v with %d in use, want %d", got, ok, len(used), want)
			}
			if ok {
				used[got] = true
			}
		} else {
			tag := MinTag + uint32(rnd.IntN(310))
			if tags.Taken(tag) != used[tag] || tags.Free(tag) != used[tag] {
				t.Fatalf("tag %d: another answer than %v", tag, used[tag])
			}
			delete(used, tag)
		}
		if tags.Len() != len(used) {
			t.Fatalf("Len %d, want %d", tags.Len(), len(used))
		}
	}
}
