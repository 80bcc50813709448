package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// callTimeout bounds how long the client's calls take together.
const callTimeout = 10 * time.Second

// call is one of the client's calls: how it is written down, how it is made, and
// the reply it should get.
type call struct {
	text string
	run  func() (any, error)
	want any
}

// callBoth calls both services over one connection. It prints each call with its
// reply, and fails if one is not as it should be.
func callBoth(ctx context.Context, out io.Writer, addr string) error {
	c, err := client.Dial(addr)
	if err != nil {
		return err
	}
	fooClient := foo.NewFooApiClient(c.Service("FooApi"))
	barClient := bar.NewBarApiClient(c.Service("BarApi"))
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	calls := append(fooCalls(ctx, fooClient), barCalls(ctx, barClient)...)
	return errors.Join(makeCalls(out, calls), c.Close(ctx))
}

func makeCalls(out io.Writer, calls []call) error {
	for _, c := range calls {
		reply, err := c.run()
		if err != nil {
			return fmt.Errorf("%s: %w", c.text, err)
		}
		if !reflect.DeepEqual(reply, c.want) {
			return fmt.Errorf("%s: reply %v, want %v", c.text, reply, c.want)
		}
		fmt.Fprintf(out, "%s: %v\n", c.text, reply)
	}
	return nil
}

func fooCalls(ctx context.Context, c foo.FooApi) []call {
	return []call{
		{`FooApi.echo("hello")`, func() (any, error) { return c.Echo(ctx, "hello") }, "hello"},
		{`FooApi.add(2, 3)`, func() (any, error) { return c.Add(ctx, 2, 3) }, int32(5)},
		{`FooApi.slow(20)`, func() (any, error) { return c.Slow(ctx, 20) }, "slept 20"},
		{`FooApi.fail("no tea")`, func() (any, error) {
			_, err := c.Fail(ctx, "no tea")
			if thrown := (*foo.ApiError)(nil); errors.As(err, &thrown) {
				return thrown, nil
			}
			return nil, err
		}, &foo.ApiError{Reason: "no tea", Code: 7}},
		{`FooApi.note("buy tea")`, func() (any, error) { return "sent", c.Note(ctx, "buy tea") }, "sent"},
		{`FooApi.notes()`, func() (any, error) { return c.Notes(ctx) }, int32(1)},
	}
}

func barCalls(ctx context.Context, c bar.BarApi) []call {
	return []call{
		{`BarApi.echo("hello")`, func() (any, error) { return c.Echo(ctx, "hello") }, "bar: hello"},
		{`BarApi.reverse("straße")`, func() (any, error) { return c.Reverse(ctx, "straße") }, "eßarts"},
		{`BarApi.blob(0 1 2)`, func() (any, error) { return c.Blob(ctx, []byte{0, 1, 2}) }, []byte{0, 1, 2}},
		{`BarApi.index(tea, milk, tea)`, func() (any, error) {
			return c.Index(ctx, []string{"tea", "milk", "tea"})
		}, map[string][]int64{"tea": {0, 2}, "milk": {1}}},
	}
}
