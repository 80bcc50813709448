package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// cases are those of the package peers, by their names.
var cases = map[string]func(*client, context.Context) error{
	"foo":                (*client).callFoo,
	"bar":                (*client).callBar,
	"slow":               (*client).callSlow,
	"declared-exception": (*client).declared,
	"oneway":             (*client).oneway,
	"unicode":            (*client).unicode,
	"blob":               (*client).blob,
	"empty":              (*client).empty,
	"unknown-service":    (*client).unknownService,
	"unknown-method":     (*client).unknownMethod,
	"unknown-oneway":     (*client).unknownOneway,
	"undecodable-args":   (*client).undecodable,
	"cut-frame":          (*client).cutFrame,
	"default-service":    (*client).defaultService,
	"large-blob":         (*client).largeBlob,
	"big-blob":           (*client).bigBlob,
	"interleaved":        (*client).interleaved,
}

// equal compares an answer with what it should be.
func equal(what string, got any, err error, want any) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s: got %.80v, want %.80v", what, got, want)
	}
	return nil
}

// alive checks that the connection still answers.
func (c *client) alive(ctx context.Context) error {
	msg, err := c.foo.Echo(ctx, "still here")
	return equal("echo after it", msg, err, "still here")
}

func (c *client) callFoo(ctx context.Context) error {
	msg, err := c.foo.Echo(ctx, "hello")
	failed := equal("echo", msg, err, "hello")
	for _, sum := range [][3]int32{{2, 3, 5}, {-5, 2, -3}, {2147483647, 1, -2147483648}} {
		got, err := c.foo.Add(ctx, sum[0], sum[1])
		failed = errors.Join(failed, equal("add", got, err, sum[2]))
	}
	return failed
}

func (c *client) callBar(ctx context.Context) error {
	msg, err := c.bar.Echo(ctx, "hello")
	failed := equal("echo", msg, err, "bar: hello")
	index, err := c.bar.Index(ctx, []string{"a", "b", "a"})
	return errors.Join(failed, equal("index", index, err, map[string][]int64{"a": {0, 2}, "b": {1}}))
}

func (c *client) callSlow(ctx context.Context) error {
	msg, err := c.foo.Slow(ctx, 20)
	return equal("slow", msg, err, "slept 20")
}

func (c *client) declared(ctx context.Context) error {
	_, err := c.foo.Fail(ctx, "because")
	var thrown *foo.ApiError
	if !errors.As(err, &thrown) {
		return fmt.Errorf("want an ApiError, got %v", err)
	}
	return errors.Join(equal("fail", *thrown, nil, foo.ApiError{Reason: "because", Code: 7}), c.alive(ctx))
}

func (c *client) oneway(ctx context.Context) error {
	before, err := c.foo.Notes(ctx)
	if err != nil {
		return err
	}
	if err := c.foo.Note(ctx, "a note"); err != nil {
		return err
	}
	after, err := c.foo.Notes(ctx)
	if err == nil && after <= before {
		err = fmt.Errorf("%d notes before and %d after", before, after)
	}
	return err
}

func (c *client) unicode(ctx context.Context) error {
	msg, err := c.foo.Echo(ctx, "añ€😀")
	failed := equal("echo", msg, err, "añ€😀")
	msg, err = c.bar.Reverse(ctx, "añ€😀")
	return errors.Join(failed, equal("reverse", msg, err, "😀€ña"))
}

func (c *client) blob(ctx context.Context) error {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	got, err := c.bar.Blob(ctx, all)
	return equal("blob", got, err, all)
}

func (c *client) empty(ctx context.Context) error {
	msg, err := c.foo.Echo(ctx, "")
	failed := equal("echo", msg, err, "")
	data, err := c.bar.Blob(ctx, []byte{})
	failed = errors.Join(failed, equal("blob", len(data), err, 0))
	index, err := c.bar.Index(ctx, []string{})
	return errors.Join(failed, equal("index", len(index), err, 0))
}

func (c *client) defaultService(ctx context.Context) error {
	for i := range 3 {
		sent := fmt.Sprint("bare ", i)
		msg, err := c.bare.Echo(ctx, sent)
		if err := equal("bare echo", msg, err, sent); err != nil {
			return err
		}
		msg, err = c.bar.Echo(ctx, sent)
		if err := equal("echo of BarApi", msg, err, "bar: "+sent); err != nil {
			return err
		}
	}
	return c.alive(ctx)
}

func (c *client) largeBlob(ctx context.Context) error { return c.blobOf(ctx, 64<<10) }

func (c *client) bigBlob(ctx context.Context) error { return c.blobOf(ctx, 8<<20) }

func (c *client) blobOf(ctx context.Context, size int) error {
	sent := []byte(strings.Repeat("0123456789abcdef", size/16))
	got, err := c.bar.Blob(ctx, sent)
	if err == nil && !bytes.Equal(got, sent) {
		err = errors.New("the blob came back changed")
	}
	return err
}

func (c *client) interleaved(ctx context.Context) error {
	for i := range 100 {
		sent := fmt.Sprint("call ", i)
		msg, err := c.foo.Echo(ctx, sent)
		if err := equal("echo of FooApi", msg, err, sent); err != nil {
			return err
		}
		msg, err = c.bar.Echo(ctx, sent)
		if err := equal("echo of BarApi", msg, err, "bar: "+sent); err != nil {
			return err
		}
	}
	return nil
}
