package protocol

import (
	"context"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// A codec that was released holds nothing of its last use, and its next use sees nothing
// of it.
func TestRelease(t *testing.T) {
	var c Binary
	c.Memory = &Memory{Max: 1}
	c.ResetBody(Message{Name: "asked", Type: thrift.CALL}, []byte{0}, make([]byte, 0, 8))
	if err := c.WriteMessageBegin(context.Background(), "answered", thrift.REPLY, 1); err != nil {
		t.Fatal(err)
	}
	c.Release()
	if c.in != nil || c.out != nil || c.received.Name != "" || c.sent.Name != "" || c.memory.bounds != &defaultMemory {
		t.Errorf("a released codec holds on to in %v, out %v, names %q and %q, memory %p",
			c.in, c.out, c.received.Name, c.sent.Name, c.memory.bounds)
	}
	c.ResetBody(Message{}, nil, nil)
	if m, written := c.Message(); written || m != (Message{}) {
		t.Errorf("before anything is written, Message returns %+v, %v", m, written)
	}
}
