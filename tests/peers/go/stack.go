package main

import (
	"fmt"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
)

// stack returns the transport and the protocol of a dialect, not yet open.
func stack(addr, transport, protocol string) (thrift.TTransport, thrift.TProtocol, error) {
	if transport == "http" {
		t, err := thrift.NewTHttpClient("http://" + addr + "/")
		if err != nil {
			return nil, nil, err
		}
		p, err := plain(t, protocol)
		return t, p, err
	}
	socket := thrift.NewTSocketConf(addr, &thrift.TConfiguration{SocketTimeout: 20 * time.Second})
	switch transport {
	case "framed":
		t := thrift.NewTFramedTransportConf(thrift.NewTBufferedTransport(socket, 4096), nil)
		p, err := plain(t, protocol)
		return t, p, err
	case "unframed":
		t := thrift.NewTBufferedTransport(socket, 4096)
		p, err := plain(t, protocol)
		return t, p, err
	case "header", "header-zlib":
		return header(socket, transport, protocol)
	}
	return nil, nil, fmt.Errorf("no transport %s here", transport)
}

func plain(t thrift.TTransport, protocol string) (thrift.TProtocol, error) {
	switch protocol {
	case "binary":
		return thrift.NewTBinaryProtocolConf(t, nil), nil
	case "binary+old":
		lax := false
		return thrift.NewTBinaryProtocolConf(t, &thrift.TConfiguration{TBinaryStrictWrite: &lax}), nil
	case "compact":
		return thrift.NewTCompactProtocolConf(t, nil), nil
	case "json":
		return thrift.NewTJSONProtocol(t), nil
	}
	return nil, fmt.Errorf("no protocol %s here", protocol)
}

func header(socket thrift.TTransport, transport, protocol string) (thrift.TTransport, thrift.TProtocol, error) {
	id := thrift.THeaderProtocolDefault // binary
	if protocol == "compact" {
		id = thrift.THeaderProtocolCompact
	}
	config := &thrift.TConfiguration{THeaderProtocolID: &id}
	t := thrift.NewTHeaderTransportConf(socket, config)
	p := thrift.NewTHeaderProtocolConf(t, config)
	if transport == "header-zlib" {
		if err := t.AddTransform(thrift.TransformZlib); err != nil {
			return nil, nil, err
		}
	}
	return t, p, nil
}
