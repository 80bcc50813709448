package protocol

import "github.com/apache/thrift/lib/go/thrift"

// MultiplexedFactory makes protocols for the clients of one service of a multiplexing server. They are
// inner's protocols, but a call or oneway of method m is written under the name "service:m". Replies
// are read as they come: servers send the bare method name. With service "" it returns inner, for the
// server's default service.
//
// Generated constructors take it as it is, and clients of several services may share a transport, one
// call at a time:
//
//	fooClient := foo.NewFooApiClientFactory(transport, protocol.MultiplexedBinaryFactory("FooApi"))
//	barClient := bar.NewBarApiClientFactory(transport, protocol.MultiplexedBinaryFactory("BarApi"))
//
// Over the runtime's THeader protocol the calls work, but no headers travel with them: the runtime's
// TStandardClient asks whether its protocol is a *thrift.THeaderProtocol, and a wrapped one is not.
// [HeaderClient] is for that.
func MultiplexedFactory(service string, inner thrift.TProtocolFactory) thrift.TProtocolFactory {
	if service == "" {
		return inner
	}
	return &multiplexedFactory{service: service, inner: inner}
}

// MultiplexedBinaryFactory is MultiplexedFactory over the runtime's binary protocol in its default
// configuration.
func MultiplexedBinaryFactory(service string) thrift.TProtocolFactory {
	return MultiplexedFactory(service, thrift.NewTBinaryProtocolFactoryConf(nil))
}

// MultiplexedCompactFactory is MultiplexedFactory over the runtime's compact protocol in its default
// configuration.
func MultiplexedCompactFactory(service string) thrift.TProtocolFactory {
	return MultiplexedFactory(service, thrift.NewTCompactProtocolFactoryConf(nil))
}

type multiplexedFactory struct {
	service string
	inner   thrift.TProtocolFactory
}

// GetProtocol returns a new protocol over t.
func (f *multiplexedFactory) GetProtocol(t thrift.TTransport) thrift.TProtocol {
	return thrift.NewTMultiplexedProtocol(f.inner.GetProtocol(t), f.service)
}

// SetTConfiguration hands the configuration on, as the runtime's own wrapping factories do.
func (f *multiplexedFactory) SetTConfiguration(conf *thrift.TConfiguration) {
	thrift.PropagateTConfiguration(f.inner, conf)
}

var _ thrift.TConfigurationSetter = (*multiplexedFactory)(nil)
