package client

import (
	"context"

	"github.com/oneport-thrift/oneport/mux"
)

// forwarder is the client as a handler: the service that calls are passed on to.
type forwarder struct {
	c       *Client
	service string
}

// ServeThrift implements mux.Handler.
func (f *forwarder) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	if err := f.c.start(); err != nil {
		return mux.Reply{}, named(req, startError(err))
	}
	service, method := req.Service, req.Method
	req.Service = f.service
	rep, err := f.c.serve(ctx, req)
	req.Service, req.Method = service, method
	return rep, err
}
