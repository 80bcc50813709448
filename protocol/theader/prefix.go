package theader

import "slices"

// InflatePrefix appends the beginning of the content of payload to dst: limit bytes
// of it, or as much as comes out of payload, which may be cut short itself. It is for
// callers that want to know what a call is without inflating all of it. An error is a
// *wire.Error for bytes that are no zlib stream; dst is then returned as it came.
func InflatePrefix(dst, payload []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	defer func() {
		f.src.Reset(nil)
		inflaters.Put(f)
	}()
	if err := f.reset(payload); err != nil {
		return dst, f.fault(payload, err)
	}
	start := len(dst)
	out := slices.Grow(dst, max(limit, 0))
	for len(out)-start < limit {
		n, err := f.zr.Read(out[len(out) : start+limit])
		out = out[:len(out)+n]
		if err != nil {
			break // what came before is right
		}
	}
	return out, nil
}
