package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
)

// refused checks that err is a TApplicationException of the type, and that the
// connection goes on after it.
func (c *client) refused(ctx context.Context, err error, want int32) error {
	var refusal thrift.TApplicationException
	if !errors.As(err, &refusal) {
		return fmt.Errorf("want a TApplicationException, got %v", err)
	}
	if refusal.TypeId() != want {
		return fmt.Errorf("want type %d, got %d: %w", want, refusal.TypeId(), err)
	}
	return c.alive(ctx)
}

func (c *client) unknownService(ctx context.Context) error {
	_, err := c.absent.Echo(ctx, "hello")
	return c.refused(ctx, err, thrift.UNKNOWN_METHOD)
}

func (c *client) unknownMethod(ctx context.Context) error {
	_, err := c.wrong.Reverse(ctx, "hello")
	if err := c.refused(ctx, err, thrift.UNKNOWN_METHOD); err != nil {
		return err
	}
	_, err = c.wrongBare.Reverse(ctx, "hello")
	return c.refused(ctx, err, thrift.UNKNOWN_METHOD)
}

func (c *client) unknownOneway(ctx context.Context) error {
	return errors.Join(c.absent.Note(ctx, "to nobody"), c.alive(ctx))
}

func (c *client) undecodable(ctx context.Context) error {
	p := c.protocol
	err := errors.Join(
		p.WriteMessageBegin(ctx, "BarApi:index", thrift.CALL, 99),
		p.WriteStructBegin(ctx, "index_args"),
		p.WriteFieldBegin(ctx, "words", thrift.LIST, 1),
		p.WriteListBegin(ctx, thrift.I32, 2),
		p.WriteI32(ctx, 1000000),
		p.WriteI32(ctx, -1),
		p.WriteListEnd(ctx),
		p.WriteFieldEnd(ctx),
		p.WriteFieldStop(ctx),
		p.WriteStructEnd(ctx),
		p.WriteMessageEnd(ctx),
		p.Flush(ctx))
	if err != nil {
		return err
	}
	return c.refused(ctx, c.readException(ctx, "index", 99), thrift.PROTOCOL_ERROR)
}

// cutFrame sends a frame that holds all but the last 50 bytes of a call.
func (c *client) cutFrame(ctx context.Context) error {
	memory := thrift.NewTMemoryBuffer()
	p, err := plain(memory, c.encoding)
	if err != nil {
		return err
	}
	err = errors.Join(
		p.WriteMessageBegin(ctx, "BarApi:echo", thrift.CALL, 98),
		p.WriteStructBegin(ctx, "echo_args"),
		p.WriteFieldBegin(ctx, "msg", thrift.STRING, 1),
		p.WriteString(ctx, fmt.Sprintf("%100d", 1)),
		p.WriteFieldEnd(ctx),
		p.WriteFieldStop(ctx),
		p.WriteStructEnd(ctx),
		p.WriteMessageEnd(ctx),
		p.Flush(ctx))
	if err != nil {
		return err
	}
	if _, err := c.transport.Write(memory.Bytes()[:memory.Len()-50]); err != nil {
		return err
	}
	if err := c.transport.Flush(ctx); err != nil {
		return err
	}
	return c.refused(ctx, c.readException(ctx, "echo", 98), thrift.PROTOCOL_ERROR)
}

// readException reads a message that must be an exception for the call.
func (c *client) readException(ctx context.Context, name string, seqID int32) error {
	gotName, kind, gotSeqID, err := c.protocol.ReadMessageBegin(ctx)
	if err != nil {
		return err
	}
	if gotName != name || kind != thrift.EXCEPTION || gotSeqID != seqID {
		return fmt.Errorf("want an exception for %s %d, got message type %d for %s %d",
			name, seqID, kind, gotName, gotSeqID)
	}
	refusal := thrift.NewTApplicationException(thrift.UNKNOWN_APPLICATION_EXCEPTION, "")
	if err := refusal.Read(ctx, c.protocol); err != nil {
		return err
	}
	return errors.Join(refusal, c.protocol.ReadMessageEnd(ctx))
}
