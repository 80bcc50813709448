package otelfilter

import (
	"go.opentelemetry.io/otel/propagation"

	"github.com/oneport-thrift/oneport/mux"
)

// carrier lets propagators read and set headers.
type carrier struct{ header *mux.Header }

var _ propagation.ValuesGetter = carrier{}

func (c carrier) Get(key string) string      { return c.header.Get(key) }
func (c carrier) Values(key string) []string { return c.header.Values(key) }
func (c carrier) Set(key, value string)      { c.header.Set(key, value) }

func (c carrier) Keys() []string {
	keys := make([]string, 0, len(*c.header))
	for _, f := range *c.header {
		keys = append(keys, f.Key)
	}
	return keys
}
