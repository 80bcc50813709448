package protocol_test

import (
	"context"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// A generated processor answers a call whose header was read before.
func ExampleBinary_ResetBody() {
	ctx := context.Background()
	var p protocol.Binary

	p.Reset(nil, nil)
	args := bar.NewBarApiIndexArgs()
	args.Words = []string{"to"}
	if err := args.Write(ctx, &p); err != nil {
		fmt.Println(err)
	}
	body := p.Out()

	p.ResetBody(protocol.Message{Name: "index", Type: thrift.CALL, SeqID: 7}, body, nil)
	if _, err := bar.NewBarApiProcessor(indexer{}).Process(ctx, &p, &p); err != nil {
		fmt.Println(err)
	}
	reply, _ := p.Message()
	fmt.Printf("%+v, %d bytes\n", reply, len(p.Out()))
	// Output: {Name:index Type:2 SeqID:7}, 29 bytes
}

// Clients of two services share one transport to a multiplexing server.
func ExampleMultiplexedBinaryFactory() {
	transport := thrift.NewTFramedTransportConf(thrift.NewTSocketConf("localhost:9090", nil), nil)
	one := bar.NewBarApiClientFactory(transport, protocol.MultiplexedBinaryFactory("BarApi"))
	two := bar.NewBarApiClientFactory(transport, protocol.MultiplexedBinaryFactory("BarApi2"))
	fmt.Printf("%T %T\n", one, two)
	// Output: *bar.BarApiClient *bar.BarApiClient
}
