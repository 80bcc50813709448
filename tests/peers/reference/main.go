// Command reference serves FooApi and BarApi with Apache's own runtime and
// stubs, in one dialect a run. The clients of this folder are checked against
// it, so that a failure against oneport is not the client's own.
//
//	reference -addr 127.0.0.1:0 -transport framed -protocol binary
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

func main() {
	thrift.ServerConnectivityCheckInterval = 0 // a goroutine and a ticker a call otherwise
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	transport := flag.String("transport", "framed", "framed, unframed, header, header-zlib or http")
	protocol := flag.String("protocol", "binary", "binary, compact or json")
	flag.Parse()

	processor := thrift.NewTMultiplexedProcessor()
	fooProcessor := foo.NewFooApiProcessor(&fooService{})
	processor.RegisterDefault(fooProcessor)
	processor.RegisterProcessor("FooApi", fooProcessor)
	processor.RegisterProcessor("BarApi", bar.NewBarApiProcessor(barService{}))

	if *transport == "http" {
		serveHTTP(*addr, processor, protocolFactory(*transport, *protocol))
	}
	listener, err := thrift.NewTServerSocket(*addr)
	if err != nil {
		log.Fatal(err)
	}
	if err := listener.Listen(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("serving FooApi and BarApi on", listener.Addr())
	log.Fatal(thrift.NewTSimpleServer4(processor, listener,
		transportFactory(*transport), protocolFactory(*transport, *protocol)).Serve())
}

func serveHTTP(addr string, processor thrift.TProcessor, protocols thrift.TProtocolFactory) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("serving FooApi and BarApi on", listener.Addr())
	handler := thrift.NewThriftHandlerFunc(processor, protocols, protocols)
	log.Fatal(http.Serve(listener, http.HandlerFunc(handler)))
}

func transportFactory(transport string) thrift.TTransportFactory {
	switch transport {
	case "header", "header-zlib":
		return thrift.NewTHeaderTransportFactoryConf(nil, nil)
	case "unframed":
		return thrift.NewTBufferedTransportFactory(4096)
	}
	return thrift.NewTFramedTransportFactoryConf(thrift.NewTTransportFactory(), nil)
}

func protocolFactory(transport, protocol string) thrift.TProtocolFactory {
	switch {
	case transport == "header" || transport == "header-zlib":
		return thrift.NewTHeaderProtocolFactoryConf(nil)
	case protocol == "compact":
		return thrift.NewTCompactProtocolFactoryConf(nil)
	case protocol == "json":
		return thrift.NewTJSONProtocolFactory()
	}
	return thrift.NewTBinaryProtocolFactoryConf(nil)
}
