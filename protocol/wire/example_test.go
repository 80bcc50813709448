package wire_test

import (
	"fmt"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// A call arrives framed; its service's name is taken off and it goes on under
// another seqid. The body is neither read nor moved.
func Example() {
	frame := append(wire.AppendFrameHeader(nil, 24), "\x80\x01\x00\x01\x00\x00\x00\x0bFooApi:echo\x00\x00\x00\x07\x00"...)

	opening, _, err := wire.Sniff(frame, wire.Limits{})
	fmt.Println(opening, err)

	message := frame[wire.FrameHeaderSize:]
	h, err := wire.ParseHeader(opening.Protocol, message, 0)
	service, method := wire.SplitName(h.Name)
	fmt.Printf("%s %d: service %s, method %s, %v\n", h.Type, h.SeqID, service, method, err)

	start, err := wire.Rewrite(message, 0, h, string(method), 1001)
	fmt.Printf("%q %v\n", message[start:], err)
	// Output:
	// framed binary <nil>
	// call 7: service FooApi, method echo, <nil>
	// "\x80\x01\x00\x01\x00\x00\x00\x04echo\x00\x00\x03\xe9\x00" <nil>
}

// Unframed messages end where their struct does.
func ExampleMessageReader() {
	stream := []byte("\x82\x21\x01\x04echo\x18\x02hi\x00" + "\x82\x21\x02\x04ping\x00" + "\x82\x21")
	var m wire.MessageReader
	m.Reset(wire.Compact, wire.Limits{})
	for {
		h, bodyEnd, n, err := m.Next(stream)
		if n == 0 {
			fmt.Println("need more:", err == nil)
			return
		}
		fmt.Printf("%s %x\n", h.Name, stream[h.Size:bodyEnd])
		stream = stream[n:]
	}
	// Output:
	// echo 1802686900
	// ping 00
	// need more: true
}

func ExampleParseException() {
	message := wire.AppendException(nil, wire.JSON, "vanish", 1, 1, "no such method")
	fmt.Printf("%s\n", message)
	h, _ := wire.ParseHeader(wire.JSON, message, 0)
	body, _ := wire.Body(wire.JSON, message[h.Size:])
	fmt.Println(wire.ParseException(wire.JSON, body))
	// Output:
	// [1,"vanish",3,1,{"1":{"str":"no such method"},"2":{"i32":1}}]
	// 1 no such method <nil>
}
