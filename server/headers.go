package server

import (
	"unsafe"

	"github.com/oneport-thrift/oneport/mux"
)

// headerWeight returns about how many bytes of memory h takes.
func headerWeight(h mux.Header) int {
	n := cap(h) * int(unsafe.Sizeof(mux.Field{}))
	for i := range h {
		n += len(h[i].Key) + len(h[i].Value)
	}
	return n
}
