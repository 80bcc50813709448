package conn

import (
	"bytes"
	"os"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	Count()
	os.Exit(m.Run())
}

// settled fails the test if it leaves more buffers outstanding than it found.
func settled(t *testing.T) {
	t.Helper()
	before := Outstanding()
	t.Cleanup(func() {
		if n := Outstanding() - before; n != 0 {
			t.Errorf("%d buffers outstanding", n)
		}
	})
}

func TestTakeRoundsUpToAPowerOfTwo(t *testing.T) {
	settled(t)
	for _, tt := range []struct{ size, capacity int }{
		{-1, 512}, {0, 512}, {1, 512}, {512, 512}, {513, 1024}, {1024, 1024}, {4097, 8192},
		{1<<20 - 1, 1 << 20}, {1 << 20, 1 << 20},
		{1<<20 + 1, 1<<20 + 1}, {5 << 20, 5 << 20}, // made for their use
	} {
		b := Take(tt.size)
		if len(b.B) != 0 || cap(b.B) != tt.capacity {
			t.Errorf("Take(%d): length %d, capacity %d, want 0, %d", tt.size, len(b.B), cap(b.B), tt.capacity)
		}
		b.Release()
	}
}

func TestTheLastHolderGivesBack(t *testing.T) {
	before := Outstanding()
	b := Take(1)
	b.Hold(2)
	b.B = append(b.B, "held"...)
	for left := 2; left >= 0; left-- {
		if string(b.B) != "held" || Outstanding() != before+1 {
			t.Fatalf("with %d holders: %q, %d outstanding", left+1, b.B, Outstanding()-before)
		}
		b.Release()
	}
	if Outstanding() != before {
		t.Errorf("%d outstanding", Outstanding()-before)
	}
	(*Buffer)(nil).Release()
	if Outstanding() != before {
		t.Error("nil was given back")
	}
}

// TestUsedBuffersComeBackEmpty takes and releases a few until one comes back,
// which a pool does not promise for each.
func TestUsedBuffersComeBackEmpty(t *testing.T) {
	settled(t)
	for range 1000 {
		a := Take(600)
		a.B = append(a.B, "old"...)
		array := &a.B[0]
		a.Release()
		b := Take(700)
		if len(b.B) != 0 || cap(b.B) != 1024 {
			t.Fatalf("length %d, capacity %d", len(b.B), cap(b.B))
		}
		same := &b.B[:1][0] == array
		b.Release()
		if same {
			return
		}
	}
	t.Error("no buffer was used again")
}

// TestUnfitBuffersAreNotPooled wants neither what was outgrown, nor resliced, nor
// huge, to come back as a buffer of the pool it seems to belong to.
func TestUnfitBuffersAreNotPooled(t *testing.T) {
	settled(t)
	for name, spoil := range map[string]func(b *Buffer){
		"outgrown by an append": func(b *Buffer) { b.B = append(b.B, make([]byte, 3000)...) },
		"cut at the front":      func(b *Buffer) { b.B = b.B[:10][1:] },
		"cut at the end":        func(b *Buffer) { b.B = b.B[:10:10] },
		"none":                  func(b *Buffer) { b.B = nil },
	} {
		for range 100 {
			b := Take(2048)
			array := &b.B[:1][0]
			spoil(b)
			b.Release()
			next := Take(2048)
			if cap(next.B) != 2048 {
				t.Fatalf("%s: a buffer of %d bytes came out of the pool of 2048", name, cap(next.B))
			}
			if &next.B[:1][0] == array {
				t.Fatalf("%s: it came back", name)
			}
			next.Release()
		}
	}
}

func TestGrow(t *testing.T) {
	settled(t)
	b := Take(512)
	b.B = append(b.B, "contents"...)
	if same := b.Grow(512); same != b {
		t.Error("a buffer with room was replaced")
	}
	b.Hold(1) // somebody else
	other, grown := b, b.Grow(513)
	if grown == b || string(grown.B) != "contents" || cap(grown.B) != 1024 {
		t.Fatalf("%q, capacity %d", grown.B, cap(grown.B))
	}
	grown.B[0] = 'C'
	if string(other.B) != "contents" {
		t.Errorf("the other holder sees %q", other.B)
	}
	other.Release()
	huge := grown.Grow(3 << 20)
	if string(huge.B) != "Contents" || cap(huge.B) != 3<<20 {
		t.Errorf("%q, capacity %d", huge.B, cap(huge.B))
	}
	huge.Release()
}

// TestConcurrentHolders shares a buffer with goroutines that read it and release
// it, while others take buffers that they fill: with the race detector, a buffer
// given back too early shows.
func TestConcurrentHolders(t *testing.T) {
	settled(t)
	want := bytes.Repeat([]byte{7}, 300)
	var wg sync.WaitGroup
	for range 50 {
		b := Take(len(want))
		b.B = append(b.B, want...)
		b.Hold(4)
		for range 4 {
			wg.Go(func() {
				if !bytes.Equal(b.B, want) {
					t.Error("the contents changed under a holder")
				}
				b.Release()
			})
		}
		wg.Go(func() {
			c := Take(len(want))
			c.B = append(c.B, make([]byte, len(want))...)
			c.Release()
		})
		b.Release()
	}
	wg.Wait()
}

func TestTakingPooledBuffersAllocatesNothing(t *testing.T) {
	settled(t)
	if n := testing.AllocsPerRun(100, func() { Take(4096).Release() }); n > 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTakeRelease(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Take(4096).Release()
	}
}
