package mux_test

import (
	"context"
	"fmt"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
)

// A method behind a generated stub asks who calls, and in which trace.
func ExampleContextsFrom() {
	echo := func(ctx context.Context, msg string) string {
		came := mux.ContextsFrom(ctx)
		trace, _ := thriftmux.ParseTrace([]byte(came.Get(thriftmux.TraceKey)))
		fmt.Printf("%s calls in trace %x\n", came.Get(thriftmux.ClientIDKey), trace.ID)
		return msg
	}

	// What a ThriftMux session does for each call:
	ctx := mux.WithContexts(context.Background(), mux.Header{
		{Key: thriftmux.ClientIDKey, Value: "web.frontend"},
		{Key: thriftmux.TraceKey, Value: string(thriftmux.Trace{Span: 1, Parent: 1, ID: 0xbeef}.Append(nil))},
	})
	echo(ctx, "hello")
	// Output: web.frontend calls in trace beef
}
