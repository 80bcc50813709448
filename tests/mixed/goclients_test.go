package mixed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// callTime bounds a call, with the time that a client waits for a server.
const callTime = 20 * time.Second

// crew is goroutines that call until they are stopped.
type crew struct {
	ctx  context.Context
	end  context.CancelFunc
	wg   sync.WaitGroup
	then func()
}

// newCrew has n goroutines make calls with what open returns for each, under a
// name. unran tells whether a failure says that the call was not run.
func newCrew(s *site, name string, n int, open func() *foo.FooApiClient, unran func(error) bool) *crew {
	c := &crew{then: func() {}}
	c.ctx, c.end = context.WithCancel(context.Background())
	for i := range n {
		c.wg.Go(func() {
			api := open()
			for number := 0; c.ctx.Err() == nil; number++ {
				id := fmt.Sprint(name, " ", i, " ", number)
				ctx, cancel := context.WithTimeout(context.Background(), callTime)
				got, err := api.Echo(ctx, id)
				cancel()
				switch {
				case err == nil && got == id:
					s.ledger.end(answered, id, "")
				case err == nil:
					s.ledger.end(wrong, id, got)
				case unran(err):
					s.ledger.end(unrun, id, err.Error())
					<-time.After(time.Millisecond) // the next would fail as soon
				default:
					s.ledger.end(lost, id, err.Error())
				}
			}
		})
	}
	return c
}

// stop waits for the calls that were begun.
func (c *crew) stop() {
	c.end()
	c.wg.Wait()
	c.then()
}

func startThriftMux(t *testing.T, s *site, name string) caller {
	return startOneport(t, s, name, "thriftmux://"+s.addr)
}

func startFramed(t *testing.T, s *site, name string) caller {
	return startOneport(t, s, name, s.addr)
}

// startOneport calls with oneport's client.
func startOneport(t *testing.T, s *site, name, target string) *crew {
	oneport, err := client.Dial(target)
	if err != nil {
		t.Fatal(err)
	}
	c := newCrew(s, name, 16, func() *foo.FooApiClient { return foo.NewFooApiClient(oneport.Service("FooApi")) }, client.IsRetriable)
	c.then = func() {
		ctx, cancel := context.WithTimeout(context.Background(), callTime)
		defer cancel()
		if err := oneport.Close(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return c
}

// startHTTP calls with Apache's client for HTTP on the standard library's.
func startHTTP(_ *testing.T, s *site, name string) caller {
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	open := func() *foo.FooApiClient {
		post, err := thrift.NewTHttpClientWithOptions("http://"+s.addr+"/", thrift.THttpClientOptions{
			Client: &http.Client{Transport: transport},
		})
		if err != nil {
			panic(err) // the URL is right
		}
		binary := thrift.NewTBinaryProtocolConf(post, nil)
		return foo.NewFooApiClient(thrift.NewTStandardClient(binary, thrift.NewTMultiplexedProtocol(binary, "FooApi")))
	}
	c := newCrew(s, name, 4, open, refused)
	c.then = transport.CloseIdleConnections
	return c
}

// refused reports whether err is that no connection could be opened.
func refused(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
