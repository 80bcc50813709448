package client

import (
	"context"
	"fmt"

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
	if err == nil && rep.EncodedIn(req) != req.Protocol {
		rep, err = mux.Reply{}, named(req, &Error{Code: mux.ProtocolError,
			Err: fmt.Errorf("the server answered in protocol %v a call in protocol %v; results are not translated", rep.Protocol, req.Protocol)})
	}
	req.Service, req.Method = service, method
	return rep, err
}
