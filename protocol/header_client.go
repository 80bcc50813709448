package protocol

import (
	"context"
	"reflect"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// HeaderClient is a thrift.TClient for one service of a multiplexing server over the runtime's THeader
// protocol: it puts the service's name before the method's, which [MultiplexedFactory] does too, and
// sends and receives headers, which that cannot.
//
//	p := thrift.NewTHeaderProtocolConf(socket, conf)
//	fooClient := foo.NewFooApiClient(protocol.NewHeaderClient("FooApi", p))
//	barClient := bar.NewBarApiClient(protocol.NewHeaderClient("BarApi", p))
//
//	ctx = thrift.SetWriteHeaderList(thrift.SetHeader(ctx, "trace", "abc"), []string{"trace"})
//	reply, err := fooClient.Echo(ctx, "x")
//	headers := fooClient.LastResponseMeta_().Headers
//
// A call carries the headers that its own context lists for writing and no others. Clients that share
// a protocol are used by one goroutine, one call at a time, as the protocol is.
type HeaderClient struct {
	service  string
	protocol *thrift.THeaderProtocol
	client   *thrift.TStandardClient
	seqID    int32
}

// NewHeaderClient returns a client of service over p; "" is the server's default service. The form of
// the messages, binary or compact, zlib or not, is that of p's configuration.
func NewHeaderClient(service string, p *thrift.THeaderProtocol) *HeaderClient {
	return &HeaderClient{service: service, protocol: p, client: thrift.NewTStandardClient(p, p)}
}

// Call sends a call of method and waits for its reply, unless result is nil, which stands for a oneway
// method. The headers of the reply, declared exceptions and application exceptions included, are in the
// ResponseMeta, whose map is nil if no reply came. A declared exception is in result, with a nil error.
func (c *HeaderClient) Call(ctx context.Context, method string, args, result thrift.TStruct) (thrift.ResponseMeta, error) {
	c.seqID++
	if err := c.client.Send(ctx, c.protocol, c.seqID, wire.JoinName(c.service, method), args); err != nil {
		return thrift.ResponseMeta{}, err
	}
	if result == nil {
		return thrift.ResponseMeta{}, nil
	}
	before := c.protocol.GetReadHeaders()
	err := c.client.Recv(ctx, c.protocol, c.seqID, method, result)
	headers := c.protocol.GetReadHeaders()
	if reflect.ValueOf(headers).Pointer() == reflect.ValueOf(before).Pointer() {
		// Each frame brings a map of its own: these are of the reply before, and
		// this call got none.
		headers = nil
	}
	return thrift.ResponseMeta{Headers: headers}, err
}

var _ thrift.TClient = (*HeaderClient)(nil)
