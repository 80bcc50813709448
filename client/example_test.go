package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// One client serves any number of goroutines and services.
func ExampleDial() {
	c, err := client.Dial("localhost:9090")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(context.Background())

	// Generated clients are two words: make them for each goroutine.
	fooClient := foo.NewFooApiClient(c.Service("FooApi"))
	barClient := bar.NewBarApiClient(c.Service("BarApi"))

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	sum, err := fooClient.Add(ctx, 2, 3)
	fmt.Println(sum, err)
	text, err := barClient.Reverse(ctx, "hello")
	fmt.Println(text, err)
}

// Clients of several targets within one bound on sockets and calls.
func ExampleLimits() {
	limits := &client.Limits{MaxConns: 100, MaxCalls: 2000}
	users := &client.Client{Target: "users-1:9090,users-2:9090", Limits: limits}
	orders := &client.Client{Target: "orders:9090", Limits: limits, Mode: client.Exclusive}
	fmt.Println(limits.Use().Conns)
	users.Close(context.Background())
	orders.Close(context.Background())
	// Output: 0
}

// What a failed call came to decides what can be done about it.
func ExampleIsRetriable() {
	report := func(err error) {
		var failure *client.Error
		switch {
		case client.IsRetriable(err):
			fmt.Println("not run: try again")
		case errors.As(err, &failure) && failure.Code == mux.InternalError:
			fmt.Println("perhaps run: try again only if that does no harm")
		default:
			fmt.Println("give up")
		}
	}
	report(&client.Error{Code: mux.Overloaded, NotRun: mux.SendAgain, Err: errors.New("full")})
	report(&client.Error{Code: mux.InternalError, Err: errors.New("connection reset")})
	report(mux.Errorf(mux.UnknownMethod, "no such method"))
	// Output:
	// not run: try again
	// perhaps run: try again only if that does no harm
	// give up
}
