package thriftmux

import "math/bits"

// Tags hands out a client's tags, always the lowest free one from MinTag on, as
// Finagle does, so that they stay small. The zero value is ready. The memory is a bit
// for each tag up to the highest that was in use.
type Tags struct {
	// Max is the largest count of tags in use at once. Zero, a negative value and one
	// that is too large mean all of them, MaxTag - MinTag + 1.
	Max int

	used  []uint64 // bit i: tag MinTag+i is taken
	low   int      // all words before this one are full
	count int
}

const allTags = int(MaxTag-MinTag) + 1

// Len is the count of tags in use.
func (t *Tags) Len() int { return t.count }

// Take gives the lowest free tag; ok is false if Max are in use.
func (t *Tags) Take() (tag uint32, ok bool) {
	if t.count >= t.limit() {
		return 0, false
	}
	for t.low < len(t.used) && t.used[t.low] == ^uint64(0) {
		t.low++
	}
	if t.low == len(t.used) {
		t.used = append(t.used, 0)
	}
	bit := bits.TrailingZeros64(^t.used[t.low])
	t.used[t.low] |= 1 << bit
	t.count++
	return MinTag + uint32(t.low*64+bit), true
}

// Free gives a tag back; false if it was not in use. A tag is free once an R
// message with it has come, not before.
func (t *Tags) Free(tag uint32) bool {
	if !t.Taken(tag) {
		return false
	}
	word, bit := int(tag-MinTag)/64, (tag-MinTag)%64
	t.used[word] &^= 1 << bit
	t.low = min(t.low, word)
	t.count--
	return true
}

// Taken reports whether a tag is in use.
func (t *Tags) Taken(tag uint32) bool {
	if tag < MinTag || tag > MaxTag {
		return false
	}
	word, bit := int(tag-MinTag)/64, (tag-MinTag)%64
	return word < len(t.used) && t.used[word]&(1<<bit) != 0
}

func (t *Tags) limit() int {
	if t.Max <= 0 || t.Max > allTags {
		return allTags
	}
	return t.Max
}
