package protocol

import (
	"context"
	"errors"

	"github.com/apache/thrift/lib/go/thrift"
)

// errNoTransport is the answer to bytes asked of a codec's transport.
var errNoTransport = errors.New("protocol: a codec over memory has no transport to read from or write to")

// noTransport is the transport of every codec: always open, and empty.
//
// It has no state at all because generated code asks Transport().IsOpen() from a goroutine of its
// own (the connectivity check), which may do so after Process has returned and the codec has gone
// back to a pool and on to another call.
type noTransport struct{}

var transport thrift.TTransport = noTransport{}

func (noTransport) IsOpen() bool { return true }

func (noTransport) Open() error { return nil }

func (noTransport) Close() error { return nil }

func (noTransport) Flush(context.Context) error { return nil }

// RemainingBytes tells the truth that holds for every codec at any time: not known here.
func (noTransport) RemainingBytes() uint64 { return thrift.UnknownRemainingBytes }

func (noTransport) Read([]byte) (int, error) {
	return 0, thrift.NewTTransportExceptionFromError(errNoTransport)
}

func (noTransport) Write([]byte) (int, error) {
	return 0, thrift.NewTTransportExceptionFromError(errNoTransport)
}
