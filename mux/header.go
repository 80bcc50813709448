package mux

import (
	"slices"
	"strings"
)

// Field is one header: a key and a value, both arbitrary strings.
type Field struct{ Key, Value string }

// Header is a list of fields in the order they came, in which a key may occur
// more than once. Keys are compared without regard to ASCII case, as in HTTP and
// gRPC, so that a header is found under the same key on every dialect; the same
// holds for the runtime's thrift.GetHeader in a stub. Keys of THeader and
// ThriftMux calls are kept as they came, because peers behind a forwarder may
// compare them exactly. Keys of HTTP calls are lower-cased, as HTTP/2 and gRPC
// send them: HTTP/1 has no spelling of its own. The nil Header is empty and can
// be added to.
type Header []Field

// Get returns the first value of key, or "".
func (h Header) Get(key string) string {
	v, _ := h.Lookup(key)
	return v
}

// Lookup returns the first value of key and whether there is one.
func (h Header) Lookup(key string) (value string, ok bool) {
	for i := range h {
		if strings.EqualFold(h[i].Key, key) {
			return h[i].Value, true
		}
	}
	return "", false
}

// Values returns all values of key in their order.
func (h Header) Values(key string) []string {
	var vs []string
	for i := range h {
		if strings.EqualFold(h[i].Key, key) {
			vs = append(vs, h[i].Value)
		}
	}
	return vs
}

// Add appends a field, and as append does it may write to the backing array
// behind the fields: a header that others add to as well is cloned first.
func (h *Header) Add(key, value string) { *h = append(*h, Field{key, value}) }

// Set removes all fields of key and appends one. The backing array is not
// written to, so a filter may set a header of a request without others seeing it.
func (h *Header) Set(key, value string) {
	*h = append(h.without(key), Field{key, value})
}

// Del removes all fields of key. The backing array is not written to.
func (h *Header) Del(key string) { *h = h.without(key) }

// Clone returns a copy of h with an array of its own.
func (h Header) Clone() Header { return slices.Clone(h) }

func (h Header) without(key string) Header {
	out := make(Header, 0, len(h)+1)
	for _, f := range h {
		if !strings.EqualFold(f.Key, key) {
			out = append(out, f)
		}
	}
	return out
}
