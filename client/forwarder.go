package client

import (
	"context"

	"github.com/oneport-thrift/oneport/mux"
)

// forwarder is the client as a handler: the service that calls are passed on to.
// Bytes that it passes on are walked once in each direction before one of them
// leaves: arguments by core.call, behind the client's filters, and replies here, in
// front of them.
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
	if err == nil {
		if err = f.checkReply(req, &rep); err != nil {
			rep = mux.Reply{}
		}
	}
	req.Service, req.Method = service, method
	return rep, err
}

// checkReply returns the failure of a call whose reply is more or less than one
// struct. The connection to the server goes on: the reply's end was known.
func (f *forwarder) checkReply(req *mux.Request, rep *mux.Reply) error {
	err := req.CheckReply(rep, f.c.bounds.depth)
	if err == nil {
		return nil
	}
	req.Release()
	return named(req, &Error{Code: mux.ProtocolError, Err: err})
}
