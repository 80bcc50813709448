package grpcfilter

import (
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/oneport-thrift/oneport/mux"
)

// none is the metadata of calls without headers. Package metadata hands out copies
// only, so that it stays empty.
var none = metadata.MD{}

// toMetadata returns h as gRPC has it: keys in lower case, the values of each in
// their order.
func toMetadata(h mux.Header) metadata.MD {
	if len(h) == 0 {
		return none
	}
	md := make(metadata.MD, len(h))
	for _, f := range h {
		md.Append(f.Key, f.Value)
	}
	return md
}

// appendMetadata adds md to h, without writing into h's array.
func appendMetadata(h mux.Header, md metadata.MD) mux.Header {
	h = slices.Clip(h)
	for _, key := range slices.Sorted(maps.Keys(md)) {
		for _, value := range md[key] {
			h.Add(key, value)
		}
	}
	return h
}

// replaceMetadata returns the headers that md stands for, where md was made from h
// and then changed: fields that it still has are kept as they were, in their
// order and with the case of their keys.
func replaceMetadata(h mux.Header, md metadata.MD) mux.Header {
	rest := md.Copy()
	out := make(mux.Header, 0, max(len(h), len(md)))
	for _, f := range h {
		key := strings.ToLower(f.Key)
		if slices.Equal(h.Values(key), md[key]) {
			out = append(out, f)
			delete(rest, key)
		}
	}
	return appendMetadata(out, rest)
}
