package thriftmux

import (
	"encoding/binary"
	"math"
)

// Version is the one version of the session protocol there is.
const Version = 1

// Keys of an Init ("Mux, session start"). Unknown ones are ignored.
const (
	// InitFrameLimit: 4 bytes, see Init.FrameLimit.
	InitFrameLimit = "mux-framer"
	// InitTLS: "off", "desired" or "required", see Init.TLS.
	InitTLS = "tls"
	// InitAcceptCompress is a client's: what it would compress and decompress.
	InitAcceptCompress = "accept-compress"
	// InitCompress is a server's: the compressors it chose.
	InitCompress = "compress"
)

// Init is the body of a Tinit or an Rinit: version:2 (key~4 value~4)*. Each side
// states its own wishes. The zero Init has no headers; set Version.
type Init struct {
	Version uint16
	headers []byte
}

// ParseInit reads a whole body. Its headers are a view.
func ParseInit(body []byte, lim Limits) (Init, error) {
	if len(body) < 2 {
		return Init{}, truncated("init version", 0)
	}
	r := reader{b: body, pos: 2, lim: lim}
	for n := 1; r.left() > 0; n++ {
		if limit := lim.pairs(); n > limit {
			return Init{}, overLimit("count of init headers", r.pos, n, limit)
		}
		if err := r.initField("init key"); err != nil {
			return Init{}, err
		}
		if err := r.initField("init value"); err != nil {
			return Init{}, err
		}
	}
	return Init{Version: binary.BigEndian.Uint16(body), headers: body[2:len(body):len(body)]}, nil
}

// initField walks over what~4.
func (r *reader) initField(what string) error {
	if r.left() < 4 {
		return truncated(what, r.pos)
	}
	n := int32(binary.BigEndian.Uint32(r.b[r.pos:]))
	if n < 0 {
		return malformed(r.pos, int(n), "%s: negative length %d", what, n)
	}
	r.pos += 4
	_, err := r.take(what, int(n))
	return err
}

// AppendInit appends a body.
func AppendInit(dst []byte, i Init) []byte {
	return append(binary.BigEndian.AppendUint16(dst, i.Version), i.headers...)
}

// All calls yield with each header in the order of the wire until it returns
// false. The bytes are views.
func (i *Init) All(yield func(key, value []byte) bool) {
	for b := i.headers; len(b) > 0; {
		var key, value []byte
		key, b = cutInitField(b)
		value, b = cutInitField(b)
		if !yield(key, value) {
			return
		}
	}
}

// cutInitField needs bytes that were checked before.
func cutInitField(b []byte) (field, rest []byte) {
	end := 4 + int(binary.BigEndian.Uint32(b))
	return b[4:end:end], b[end:]
}

// Get gives the value of the last header with this key.
func (i *Init) Get(key string) (value []byte, ok bool) {
	for k, v := range i.All {
		if string(k) == key {
			value, ok = v, true
		}
	}
	return value, ok
}

// Add appends a header.
func (i *Init) Add(key, value string) {
	i.headers = binary.BigEndian.AppendUint32(i.headers, uint32(len(key)))
	i.headers = append(i.headers, key...)
	i.headers = binary.BigEndian.AppendUint32(i.headers, uint32(len(value)))
	i.headers = append(i.headers, value...)
}

// AddFrameLimit states the largest body in bytes that this side wants in a frame,
// 1 to 0x7fffffff; no positive number means the latter, which is also the default.
func (i *Init) AddFrameLimit(n int) {
	if n <= 0 || n > math.MaxInt32 {
		n = math.MaxInt32
	}
	i.Add(InitFrameLimit, string(binary.BigEndian.AppendUint32(nil, uint32(n))))
}

// FrameLimit gives the largest body in bytes that the sender wants in a frame:
// 0x7fffffff if it does not say. The error is a *wire.Error for a value that is not
// 4 bytes or not positive: the session fails.
func (i *Init) FrameLimit() (int, error) {
	value, ok := i.Get(InitFrameLimit)
	if !ok {
		return math.MaxInt32, nil
	}
	if len(value) != 4 {
		return 0, malformed(0, len(value), "%s of %d bytes, want 4", InitFrameLimit, len(value))
	}
	n := int32(binary.BigEndian.Uint32(value))
	if n <= 0 {
		return 0, malformed(0, int(n), "%s of %d, want a positive number", InitFrameLimit, n)
	}
	return int(n), nil
}
