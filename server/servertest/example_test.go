package servertest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// A generated client calls a service through the whole server, without a port.
func ExampleNew() {
	m := mux.New()
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	s := servertest.New(m)
	defer s.Close()

	client := bar.NewBarApiClientFactory(s.Transport(true), protocol.MultiplexedBinaryFactory("BarApi"))
	fmt.Println(client.Echo(context.Background(), "hello"))
	// Output: bar: hello <nil>
}

// The server's bounds are those of its Config.
func ExampleNewUnstarted() {
	m := mux.New()
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	s := servertest.NewUnstarted(m)
	s.Config.MaxConns = 1
	s.Config.ErrorLog = slog.New(slog.DiscardHandler)
	s.Start()
	defer s.Close()

	for range 2 {
		client := bar.NewBarApiClientFactory(s.Transport(true), protocol.MultiplexedBinaryFactory("BarApi"))
		_, err := client.Echo(context.Background(), "hello")
		fmt.Println("refused:", err != nil)
	}
	// Output:
	// refused: false
	// refused: true
}

// The network in memory can be used without a server.
func ExampleListen() {
	l := servertest.Listen()
	defer l.Close()

	client, err := l.Dial()
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := l.Accept()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprint(client, "any more?")
	client.CloseWrite() // no
	question, _ := io.ReadAll(server)
	fmt.Printf("%s asked: %s\n", server.RemoteAddr(), question)
	// Output: client 1 asked: any more?
}
