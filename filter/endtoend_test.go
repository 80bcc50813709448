package filter_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// leftService answers with the time that its context has left.
type leftService struct{ foo.FooApi }

func (leftService) Echo(ctx context.Context, _ string) (string, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return "no deadline", nil
	}
	return time.Until(deadline).String(), nil
}

// TestDeadlineEndToEnd sends a client's deadline over the wire. The time that
// passes meanwhile is not known, but the server's share is never more than the
// client's, and its default would be.
func TestDeadlineEndToEnd(t *testing.T) {
	m := mux.New()
	deadlines := filter.Deadline(filter.Deadlines{Header: "time-left", Default: 24 * time.Hour})
	m.Register("FooApi", foo.NewFooApiProcessor(leftService{}), deadlines)
	s := servertest.New(m)
	defer s.Close()
	c := &client.Client{
		Target:      "memory:1",
		Dialect:     wire.THeader,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return s.Dial() },
		Filters:     []mux.Filter{filter.PassDeadline("time-left")},
	}
	defer c.Close(context.Background())
	fooClient := foo.NewFooApiClient(c.Service("FooApi"))

	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for _, x := range []struct {
		ctx        context.Context
		over, upTo time.Duration
	}{{ctx, 0, time.Hour}, {t.Context(), time.Hour, 24 * time.Hour}} {
		text, err := fooClient.Echo(x.ctx, "")
		left, perr := time.ParseDuration(text)
		if err != nil || perr != nil || left <= x.over || left > x.upTo {
			t.Errorf("the handler has %q, error %v; want over %v and up to %v", text, err, x.over, x.upTo)
		}
	}
}
