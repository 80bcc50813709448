package peers

import (
	"context"
	"errors"

	"github.com/apache/thrift/lib/go/thrift"
)

// numbers are the arguments of BarApi.index with a list of i32 in place of the
// list of strings: taken for strings, they have impossible lengths.
type numbers struct{}

func (numbers) Write(ctx context.Context, out thrift.TProtocol) error {
	return errors.Join(
		out.WriteStructBegin(ctx, "index_args"),
		out.WriteFieldBegin(ctx, "words", thrift.LIST, 1),
		out.WriteListBegin(ctx, thrift.I32, 2),
		out.WriteI32(ctx, 1000000),
		out.WriteI32(ctx, -1),
		out.WriteListEnd(ctx),
		out.WriteFieldEnd(ctx),
		out.WriteFieldStop(ctx),
		out.WriteStructEnd(ctx))
}

func (numbers) Read(context.Context, thrift.TProtocol) error {
	return errors.New("peers: numbers are only written")
}
