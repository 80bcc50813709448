package protocol_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// args is an argument or result struct as generated code has them.
type args struct{ value }

func (a *args) Write(ctx context.Context, p thrift.TProtocol) error { return a.write(ctx, p) }

func (a *args) Read(ctx context.Context, p thrift.TProtocol) (err error) {
	a.value, err = readValue(ctx, p, thrift.STRUCT)
	return err
}

func TestMultiplexedFactoryWritesAsTheRuntimeDoes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		factory func(service string) thrift.TProtocolFactory
		inner   thrift.TProtocolFactory
	}{
		{"binary", protocol.MultiplexedBinaryFactory, thrift.NewTBinaryProtocolFactoryConf(nil)},
		{"compact", protocol.MultiplexedCompactFactory, thrift.NewTCompactProtocolFactoryConf(nil)},
		{"json", func(s string) thrift.TProtocolFactory {
			return protocol.MultiplexedFactory(s, thrift.NewTJSONProtocolFactory())
		}, thrift.NewTJSONProtocolFactory()},
	} {
		for _, service := range []string{"FooApi", "a:b", ""} {
			t.Run(tt.name+"/"+service, func(t *testing.T) {
				ours, theirs := thrift.NewTMemoryBuffer(), thrift.NewTMemoryBuffer()
				p := tt.factory(service).GetProtocol(ours)
				want := tt.inner.GetProtocol(theirs)
				if service != "" {
					want = thrift.NewTMultiplexedProtocol(want, service)
				}
				for typeID := thrift.CALL; typeID <= thrift.ONEWAY; typeID++ {
					m := protocol.Message{Name: "echo", Type: typeID, SeqID: 3}
					writeMessage(t, p, m, value{Type: thrift.STRUCT})
					writeMessage(t, want, m, value{Type: thrift.STRUCT})
				}
				if !bytes.Equal(ours.Bytes(), theirs.Bytes()) {
					t.Errorf("wrote %q, the runtime %q", ours.Bytes(), theirs.Bytes())
				}
			})
		}
	}
}

// TestMultiplexedClientsShareATransport runs stock clients of two services and of the default one
// against a server that answers with the bare method name.
func TestMultiplexedClientsShareATransport(t *testing.T) {
	server := &answerer{}
	for i, service := range []string{"FooApi", "BarApi", "", "FooApi"} {
		p := protocol.MultiplexedBinaryFactory(service).GetProtocol(server)
		client := thrift.NewTStandardClient(p, p)
		want := value{Type: thrift.STRUCT, Fields: []field{{1, value{Type: thrift.I32, Int: int64(i)}}}}
		var got args
		if _, err := client.Call(t.Context(), "echo", &args{want}, &got); err != nil {
			t.Fatalf("%q: %v", service, err)
		}
		if len(got.Fields) != 1 || got.Fields[0].Value.Int != int64(i) {
			t.Errorf("%q: result %+v, want %+v", service, got.value, want)
		}
	}
	if want := "FooApi:echo BarApi:echo echo FooApi:echo "; server.names != want {
		t.Errorf("the server saw %q, want %q", server.names, want)
	}
}

// answerer is a transport with an echo server behind it: flushing answers the call that was written.
type answerer struct {
	thrift.TMemoryBuffer
	names string
}

func (a *answerer) Write(b []byte) (int, error) {
	if a.Buffer == nil {
		a.Buffer = &bytes.Buffer{}
	}
	return a.Buffer.Write(b)
}

func (a *answerer) WriteString(s string) (int, error) { return a.Write([]byte(s)) }

func (a *answerer) WriteByte(b byte) error {
	_, err := a.Write([]byte{b})
	return err
}

func (a *answerer) Flush(ctx context.Context) error {
	var p protocol.Binary
	p.Reset(bytes.Clone(a.Bytes()), nil)
	name, _, seqID, err := p.ReadMessageBegin(ctx)
	if err != nil {
		return err
	}
	a.names += name + " "
	body := p.Rest()
	if err := p.WriteMessageBegin(ctx, "echo", thrift.REPLY, seqID); err != nil {
		return err
	}
	a.Reset()
	_, err = a.Write(append(p.Out(), body...))
	return err
}

// TestMultiplexedFactoryHandsConfigurationOn wants a limit set on the factory to reach its protocols.
func TestMultiplexedFactoryHandsConfigurationOn(t *testing.T) {
	f := protocol.MultiplexedBinaryFactory("FooApi")
	thrift.PropagateTConfiguration(f, &thrift.TConfiguration{MaxMessageSize: 3})
	mem := thrift.NewTMemoryBuffer()
	mem.Write([]byte("\x00\x00\x00\x04four"))
	_, err := f.GetProtocol(mem).ReadString(t.Context())
	wantClass(t, err, thrift.SIZE_LIMIT)
}
