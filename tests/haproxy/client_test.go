package haproxy

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// dialects are those that clients call in, one connection after the other.
var dialects = []string{"framed binary", "buffered binary", "framed compact", "buffered JSON"}

// callsPerClient is how many calls callAs makes.
const callsPerClient = 3

// callAs calls both services over one connection in a dialect. It returns the
// client's own address.
func callAs(t *testing.T, addr, dialect string) string {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var transport thrift.TTransport = thrift.NewTSocketFromConnConf(c, &thrift.TConfiguration{SocketTimeout: 10 * time.Second})
	var framing, encoding string
	fmt.Sscan(dialect, &framing, &encoding)
	if framing == "framed" {
		transport = thrift.NewTFramedTransportConf(transport, nil)
	} else {
		transport = thrift.NewTBufferedTransport(transport, 4096)
	}
	of := func(service string) thrift.TProtocolFactory {
		switch encoding {
		case "compact":
			return protocol.MultiplexedCompactFactory(service)
		case "JSON":
			return multiplexedJSON(service)
		}
		return protocol.MultiplexedBinaryFactory(service)
	}
	fooClient := foo.NewFooApiClientFactory(transport, of("FooApi"))
	barClient := bar.NewBarApiClientFactory(transport, of("BarApi"))
	if got, err := fooClient.Echo(t.Context(), "straße"); got != "straße" || err != nil {
		t.Errorf("%s: echo: %q, %v", dialect, got, err)
	}
	if got, err := barClient.Reverse(t.Context(), "straße"); got != "eßarts" || err != nil {
		t.Errorf("%s: reverse: %q, %v", dialect, got, err)
	}
	if got, err := barClient.Blob(t.Context(), make([]byte, 1<<20)); len(got) != 1<<20 || err != nil {
		t.Errorf("%s: blob: %d bytes, %v", dialect, len(got), err)
	}
	return c.LocalAddr().String()
}

// multiplexedJSON makes the protocol of a client of one service in JSON.
type multiplexedJSON string

func (service multiplexedJSON) GetProtocol(t thrift.TTransport) thrift.TProtocol {
	return thrift.NewTMultiplexedProtocol(thrift.NewTJSONProtocol(t), string(service))
}
