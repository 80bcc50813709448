package theader

import (
	"compress/zlib"
	"sync"
)

// Deflate appends src to dst as one whole zlib stream. src may stand in the same
// array as dst, before its end.
func Deflate(dst, src []byte) []byte {
	d := deflaters.Get().(*deflater)
	d.out = dst
	d.zw.Reset(d)
	// Neither can fail: the writer below appends to memory.
	_, _ = d.zw.Write(src)
	_ = d.zw.Close()
	dst, d.out = d.out, nil
	deflaters.Put(d)
	return dst
}

// A compressor's state is some 800 KB, too much to make for each message.
var deflaters = sync.Pool{New: func() any {
	return &deflater{zw: zlib.NewWriter(nil)}
}}

type deflater struct {
	zw  *zlib.Writer
	out []byte
}

// Write is the compressor's output.
func (d *deflater) Write(p []byte) (int, error) {
	d.out = append(d.out, p...)
	return len(p), nil
}
