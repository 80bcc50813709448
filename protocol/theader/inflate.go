package theader

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// minInflate is the first room in bytes for what comes out of a stream.
const minInflate = 512

// The bounds on what comes out of a zlib stream, next to the largest message. A
// stream that repeats itself is no attack by itself: a blob of one pattern, which
// clients send, comes to several hundred times its size, and zlib can do 1,032 times
// at most. So by default the ratio only counts beyond the default size of a message;
// what is smaller is bounded by that, and by what it becomes when it is decoded.
const (
	defaultRatio = 100
	defaultFree  = wire.DefaultMessage // bytes of any ratio, if none is configured
	configFree   = 64 << 10            // bytes of any ratio, if one is
)

// InflateLimit returns the limit to give to [Inflate] for a stream of size bytes. It
// is at most limit. A ratio over 0 is how many times as large as the stream its
// content may be, from 64 KiB on; 0 means 100 times, from the default size of a
// message on; and a negative one none.
func InflateLimit(size, limit, ratio int) int {
	free := configFree
	switch {
	case ratio < 0:
		return limit
	case ratio == 0:
		ratio, free = defaultRatio, defaultFree
	}
	return int(min(int64(limit), max(int64(size)*int64(ratio), int64(free))))
}

// Inflate appends the content of payload, one whole zlib stream, to dst. limit is
// the largest content in bytes, 0 allowing an empty one only; nothing is inflated
// past it. The memory taken grows
// with the content that has really come out. Errors are *wire.Error: too large,
// damaged, cut short, or bytes behind the stream; dst is then returned as it came.
func Inflate(dst, payload []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	out, err := f.inflate(dst, payload, max(limit, 0))
	f.src.Reset(nil)
	inflaters.Put(f)
	if err != nil {
		return dst, err
	}
	return out, nil
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

type inflater struct {
	src bytes.Reader
	zr  io.ReadCloser
	one [1]byte
}

func (f *inflater) inflate(dst, payload []byte, limit int) ([]byte, error) {
	if err := f.reset(payload); err != nil {
		return nil, f.fault(payload, err)
	}
	start := len(dst)
	dst = slices.Grow(dst, min(limit, minInflate+2*len(payload)))
	for {
		room := min(cap(dst), start+limit) - len(dst)
		if room == 0 && len(dst)-start == limit {
			return dst, f.end(payload, limit)
		}
		if room == 0 {
			done := len(dst) - start
			dst = slices.Grow(dst, min(limit-done, done+minInflate))
			continue
		}
		n, err := f.zr.Read(dst[len(dst) : len(dst)+room])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, f.rest(payload)
		}
		if err != nil {
			return nil, f.fault(payload, err)
		}
	}
}

func (f *inflater) reset(payload []byte) (err error) {
	f.src.Reset(payload)
	if f.zr == nil {
		f.zr, err = zlib.NewReader(&f.src)
		return err
	}
	return f.zr.(zlib.Resetter).Reset(&f.src, nil)
}

// end asks for one byte more than the limit, to tell a content of just that size
// from a larger one.
func (f *inflater) end(payload []byte, limit int) error {
	for {
		n, err := f.zr.Read(f.one[:])
		switch {
		case n > 0:
			return overLimit("inflated size", f.offset(payload), limit+1, limit)
		case err == io.EOF:
			return f.rest(payload)
		case err != nil:
			return f.fault(payload, err)
		}
	}
}

// rest refuses bytes behind the stream: they would pass unseen.
func (f *inflater) rest(payload []byte) error {
	if f.src.Len() > 0 {
		return malformed(f.offset(payload), 0, "payload has %d bytes behind its zlib stream", f.src.Len())
	}
	return nil
}

func (f *inflater) fault(payload []byte, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return truncated("zlib stream", len(payload))
	}
	return malformed(f.offset(payload), 0, "zlib stream: %v", err)
}

func (f *inflater) offset(payload []byte) int { return len(payload) - f.src.Len() }
