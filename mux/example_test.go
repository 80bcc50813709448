package mux_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// Two services that the Apache Thrift compiler made answer on one port. Clients
// name the service before the method, as the multiplexed protocols of all
// languages do; bare names go to FooApi.
func Example() {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	m.Alias("", "FooApi")
	s := servertest.New(m) // in a program: (&server.Server{Handler: m}).ListenAndServe(":9090")
	defer s.Close()

	transport := s.Transport(true)
	fooClient := foo.NewFooApiClientFactory(transport, protocol.MultiplexedBinaryFactory("FooApi"))
	barClient := bar.NewBarApiClientFactory(transport, protocol.MultiplexedBinaryFactory("BarApi"))
	bareClient := foo.NewFooApiClientFactory(transport, thrift.NewTBinaryProtocolFactoryConf(nil))

	ctx := context.Background()
	fmt.Println(fooClient.Echo(ctx, "hello"))
	fmt.Println(barClient.Echo(ctx, "hello"))
	fmt.Println(bareClient.Echo(ctx, "hello"))
	// Output:
	// hello <nil>
	// bar: hello <nil>
	// hello <nil>
}

// A filter wraps handlers. This one prints each call and what became of it. Names
// for tables that must stay small, such as those of metrics, come from Labels.
func ExampleFilter() {
	var printing mux.Filter = func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			rep, err := next.ServeThrift(ctx, req)
			service, method := req.Labels()
			switch {
			case err != nil:
				fmt.Println(service, method, mux.CodeOf(err))
			case rep.Failed:
				fmt.Println(service, method, "threw a declared exception")
			default:
				fmt.Println(service, method, "ok")
			}
			return rep, err
		})
	}
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	s := servertest.New(mux.Chain(m, printing)) // before routing, so it sees every call
	defer s.Close()

	ctx := context.Background()
	transport := s.Transport(true)
	client := foo.NewFooApiClientFactory(transport, protocol.MultiplexedBinaryFactory("FooApi"))
	client.Echo(ctx, "hello")
	client.Fail(ctx, "no tea")
	stranger := foo.NewFooApiClientFactory(transport, protocol.MultiplexedBinaryFactory("NoApi"))
	stranger.Echo(ctx, "hello")
	// Output:
	// FooApi echo ok
	// FooApi fail threw a declared exception
	// unknown unknown unknown method
}

// The first filter is the outermost. A service's own filters stand behind the
// routing: this one lets only a few callers in.
func ExampleMux_Handle_filters() {
	onlyBob := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Header.Get("user") != "bob" {
				return mux.Reply{}, mux.Errorf(mux.PermissionDenied, "%s is for bob", req.Service)
			}
			return next.ServeThrift(ctx, req)
		})
	}
	m := mux.New()
	m.Handle("Vault", mirror, onlyBob)

	for _, user := range []string{"bob", "eve"} {
		req := &mux.Request{Service: "Vault", Method: "open", Header: mux.Header{{"user", user}}}
		_, err := m.ServeThrift(context.Background(), req)
		fmt.Printf("%s: %v\n", user, err)
	}
	// Output:
	// bob: <nil>
	// eve: Vault is for bob
}

// A raw handler works on bytes: Body is the encoded struct of the arguments, and
// the reply's Body that of the result. This one answers any method of one string
// with the same string, by changing the number of the field from 1 to 0.
func ExampleHandlerFunc() {
	mirror := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		if req.Protocol != wire.Binary || len(req.Body) < 3 {
			return mux.Reply{}, mux.Errorf(mux.InvalidProtocol, "not an argument in the binary protocol")
		}
		body := append(req.Scratch, req.Body...) // Body itself is only read
		body[1], body[2] = 0, 0
		return mux.ResultReply(req.Protocol, body), nil
	})
	m := mux.New()
	m.Handle("BarApi", mirror)
	s := servertest.New(m)
	defer s.Close()

	client := bar.NewBarApiClientFactory(s.Transport(true), protocol.MultiplexedBinaryFactory("BarApi"))
	fmt.Println(client.Reverse(context.Background(), "straight through"))
	// Output: straight through <nil>
}

// The table changes while the server serves: all that one Update does appears at
// once, or nothing of it. An alias goes on to point at a service that is replaced.
func ExampleMux_Update() {
	m := mux.New()
	m.Register("FooApi", fooProcessor(func(context.Context, string) (string, error) { return "old", nil }))
	m.Alias("", "FooApi")
	s := servertest.New(m)
	defer s.Close()
	client := foo.NewFooApiClientFactory(s.Transport(true), protocol.MultiplexedBinaryFactory(""))

	ctx := context.Background()
	fmt.Println(client.Echo(ctx, "which?"))

	replacement := fooProcessor(func(context.Context, string) (string, error) { return "new", nil })
	err := m.Update(func(t *mux.Table) error {
		if err := t.Remove("FooApi"); err != nil {
			return err
		}
		return t.Register("FooApi", replacement)
	})
	fmt.Println("update:", err)
	fmt.Println(client.Echo(ctx, "which?"))

	err = m.Update(func(t *mux.Table) error { return t.Remove("FooApi") })
	fmt.Println("update:", err)
	fmt.Println(client.Echo(ctx, "which?"))
	// Output:
	// old <nil>
	// update: <nil>
	// new <nil>
	// update: mux: alias "" points to service "FooApi", which is not in the table
	// new <nil>
}

// Clients are told what was written for them: the code and message of an Error.
// The cause stays with filters and logs, as does any other error.
func ExampleError() {
	broken := errors.New("disk 7 of host db-3 is on fire")
	for _, err := range []error{
		mux.Refusef(mux.SendAgain, mux.Overloaded, "at most %d at a time", 10),
		&mux.Error{Code: mux.Unavailable, Message: "try again later", Err: broken},
		fmt.Errorf("reading the index: %w", broken),
	} {
		code, text := mux.Public(err)
		fmt.Printf("log:    %v\nclient: %q (%v, %v)\n", err, text, code, mux.NotRunOf(err))
	}
	// Output:
	// log:    at most 10 at a time
	// client: "at most 10 at a time" (overloaded, not run, send again)
	// log:    try again later: disk 7 of host db-3 is on fire
	// client: "try again later" (unavailable, may have run)
	// log:    reading the index: disk 7 of host db-3 is on fire
	// client: "internal error" (internal error, may have run)
}

// What must outlive the call works on a clone: the request and its bytes are used
// again for others.
func ExampleRequest_Clone() {
	kept := make(chan *mux.Request, 1)
	m := mux.New()
	m.Handle("Log", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		kept <- req.Clone()
		return mux.Reply{}, nil // the answer to a oneway call
	}))
	body := []byte("a line")
	m.ServeThrift(context.Background(), &mux.Request{Service: "Log", Method: "append", Type: wire.Oneway, Body: body})
	copy(body, "others")

	req := <-kept
	fmt.Printf("%s:%s %s\n", req.Service, req.Method, req.Body)
	// Output: Log:append a line
}
