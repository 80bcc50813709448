package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// runtimeClients are the ways in which Apache's Go runtime can speak: each makes,
// over one socket, the clients of any number of services.
var runtimeClients = map[string]func(thrift.TTransport) func(service string) thrift.TClient{
	"framed binary":    overTransport(framedTransport, thrift.NewTBinaryProtocolFactoryConf(nil)),
	"framed old":       overTransport(framedTransport, thrift.NewTBinaryProtocolFactoryConf(oldBinary)),
	"framed compact":   overTransport(framedTransport, thrift.NewTCompactProtocolFactoryConf(nil)),
	"framed json":      overTransport(framedTransport, thrift.NewTJSONProtocolFactory()),
	"buffered binary":  overTransport(bufferedTransport, thrift.NewTBinaryProtocolFactoryConf(nil)),
	"buffered old":     overTransport(bufferedTransport, thrift.NewTBinaryProtocolFactoryConf(oldBinary)),
	"buffered compact": overTransport(bufferedTransport, thrift.NewTCompactProtocolFactoryConf(nil)),
	"buffered json":    overTransport(bufferedTransport, thrift.NewTJSONProtocolFactory()),
	"header binary":    overHeader(nil),
	"header compact":   overHeader(&thrift.TConfiguration{THeaderProtocolID: compactID}),
	"header zlib": overHeader(&thrift.TConfiguration{
		THeaderTransforms: []thrift.THeaderTransformID{thrift.TransformZlib}}),
	"header compact zlib": overHeader(&thrift.TConfiguration{
		THeaderProtocolID: compactID, THeaderTransforms: []thrift.THeaderTransformID{thrift.TransformZlib}}),
	// Without headers, by the factory.
	"header multiplexed": overTransport(rawTransport, thrift.NewTHeaderProtocolFactoryConf(nil)),
}

var (
	no        = false
	oldBinary = &thrift.TConfiguration{TBinaryStrictRead: &no, TBinaryStrictWrite: &no}
	compactID = thrift.THeaderProtocolIDPtrMust(thrift.THeaderProtocolCompact)
)

func framedTransport(t thrift.TTransport) thrift.TTransport {
	return thrift.NewTFramedTransportConf(t, nil)
}
func bufferedTransport(t thrift.TTransport) thrift.TTransport {
	return thrift.NewTBufferedTransport(t, 4096)
}
func rawTransport(t thrift.TTransport) thrift.TTransport { return t }

func overTransport(wrap func(thrift.TTransport) thrift.TTransport, f thrift.TProtocolFactory) func(thrift.TTransport) func(string) thrift.TClient {
	return func(socket thrift.TTransport) func(string) thrift.TClient {
		t := wrap(socket)
		p := f.GetProtocol(t) // one for all services, as a protocol may keep what it has read ahead
		return func(service string) thrift.TClient {
			if service == "" {
				return thrift.NewTStandardClient(p, p)
			}
			return thrift.NewTStandardClient(p, thrift.NewTMultiplexedProtocol(p, service))
		}
	}
}

func overHeader(conf *thrift.TConfiguration) func(thrift.TTransport) func(string) thrift.TClient {
	return func(socket thrift.TTransport) func(string) thrift.TClient {
		p := thrift.NewTHeaderProtocolConf(socket, conf)
		return func(service string) thrift.TClient { return protocol.NewHeaderClient(service, p) }
	}
}

func wantTypeID(t *testing.T, err error, code mux.Code) {
	t.Helper()
	if e := thrift.TApplicationException(nil); !errors.As(err, &e) || e.TypeId() != int32(code) {
		t.Errorf("error %v, want a TApplicationException of type %d", err, code)
	}
}

func TestRuntimeClients(t *testing.T) {
	n := onLoopback(t)
	start(t, n, &server.Server{Handler: fooAndBar()})
	for name, open := range runtimeClients {
		t.Run(name, func(t *testing.T) {
			c, err := n.dial()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(20 * time.Second))
			client := open(thrift.NewTSocketFromConnConf(c, nil))
			callAll(t, client)
		})
	}
}

// callAll calls both services over one connection.
func callAll(t *testing.T, client func(service string) thrift.TClient) {
	ctx := t.Context()
	fooClient, barClient, bare := foo.NewFooApiClient(client("FooApi")), bar.NewBarApiClient(client("BarApi")), foo.NewFooApiClient(client(""))
	none, wrong := foo.NewFooApiClient(client("NoApi")), foo.NewFooApiClient(client("BarApi"))
	for i := range 3 {
		text := fmt.Sprint("añ€😀 ", i)
		if got, err := fooClient.Echo(ctx, text); got != text || err != nil {
			t.Fatalf("FooApi.echo: %q, %v", got, err)
		}
		if got, err := barClient.Echo(ctx, text); got != "bar: "+text || err != nil {
			t.Fatalf("BarApi.echo: %q, %v", got, err)
		}
		if got, err := bare.Add(ctx, -5, 2); got != -3 || err != nil {
			t.Fatalf("add: %d, %v", got, err)
		}
		_, err := none.Echo(ctx, text)
		wantTypeID(t, err, mux.UnknownMethod)
		_, err = wrong.Notes(ctx)
		wantTypeID(t, err, mux.UnknownMethod)
		var declared *foo.ApiError
		if _, err := fooClient.Fail(ctx, "because"); !errors.As(err, &declared) || declared.Reason != "because" || declared.Code != 7 {
			t.Errorf("fail: %v", err)
		}
	}
	before, err1 := fooClient.Notes(ctx)
	err2 := bare.Note(ctx, "x")
	after, err3 := fooClient.Notes(ctx)
	if after != before+1 || errors.Join(err1, err2, err3) != nil {
		t.Errorf("%d notes after %d, %v", after, before, errors.Join(err1, err2, err3))
	}
	data := bytes.Repeat([]byte("blob\x00\xff"), 1<<20/6)
	if got, err := barClient.Blob(ctx, data); !bytes.Equal(got, data) || err != nil {
		t.Errorf("blob: %d bytes, %v", len(got), err)
	}
	if got, err := barClient.Index(ctx, []string{}); len(got) != 0 || err != nil {
		t.Errorf("index of nothing: %v, %v", got, err)
	}
}

// TestRuntimeHeaders sends and gets headers by the runtime's own means alone.
func TestRuntimeHeaders(t *testing.T) {
	n := onLoopback(t)
	m := mux.New()
	m.Register("BarApi", bar.NewBarApiProcessor(headerService{}))
	start(t, n, &server.Server{Handler: m})
	for name, open := range runtimeClients {
		if !strings.HasPrefix(name, "header") || name == "header multiplexed" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c, err := n.dial()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(20 * time.Second))
			client := bar.NewBarApiClient(open(thrift.NewTSocketFromConnConf(c, nil))("BarApi"))
			call := func(ctx context.Context, want string, wantFailure bool) {
				t.Helper()
				got, err := client.Echo(ctx, "k")
				headers := client.LastResponseMeta_().Headers
				if (err != nil) != wantFailure || !wantFailure && got != want || headers["was"] != strings.TrimPrefix(want, "none") {
					t.Errorf("got %q, %v, headers %v, want %q", got, err, headers, want)
				}
			}
			with := func(v string) context.Context {
				return thrift.SetWriteHeaderList(thrift.SetHeader(t.Context(), "k", v), []string{"k"})
			}
			for range 3 {
				call(with("v1"), "v1", false)
				call(t.Context(), "none", false)
				call(with("fail"), "fail", true)
				call(with("v2"), "v2", false)
			}
		})
	}
}

// TestAOnewayTypedCallTeachesNothing: a client that sends the call of a method as a
// oneway does not make it one for others.
func TestAOnewayTypedCallTeachesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		m := mux.New()
		m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
		start(t, n, &server.Server{Handler: m})
		p, q := dial(t, n), dial(t, n)
		p.send(frame(wire.Oneway, "BarApi:echo", 1, 5))
		p.send(frame(wire.Call, "BarApi:nothing", 2, 5))
		p.wantCode(2, mux.UnknownMethod, "")
		q.send(frame(wire.Call, "BarApi:echo", 3, 5))
		q.want(wire.Reply, 3)
	})
}
