package grpcfilter

import (
	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
)

// Args is the request as interceptors see it: the arguments of a call, as the
// struct that the stub would decode. It is a view, valid until the interceptor has
// returned.
type Args struct{ encoded }

func newArgs(req *mux.Request) Args {
	return Args{encoded{protocol: req.Protocol, maxDepth: req.MaxDepth, memory: req.Memory, body: req.Body}}
}

// NewArgs returns the arguments that s holds, encoded as like are, for an
// interceptor that passes on others than it got.
func NewArgs(like *Args, s thrift.TStruct) (*Args, error) {
	body, err := encode(like.protocol, s)
	if err != nil {
		return nil, err
	}
	return &Args{encoded{like.protocol, like.maxDepth, like.memory, body}}, nil
}

// Clone returns a copy that can be kept.
func (a *Args) Clone() *Args { return &Args{a.clone()} }

// Reply is the response as interceptors see it: the result of a call, as the
// struct that the client's stub will decode. It is a view, valid until the
// interceptor has returned. A oneway call has an empty one.
type Reply struct {
	encoded
	reply mux.Reply
}

// set makes r a view of rep, the reply to req.
func (r *Reply) set(req *mux.Request, rep mux.Reply) {
	r.encoded = encoded{protocol: rep.EncodedIn(req), maxDepth: req.MaxDepth, memory: req.Memory, body: rep.Body}
	r.reply = rep
}

// Failed reports whether the result is an exception declared in the IDL.
func (r *Reply) Failed() bool { return r.reply.Failed }

// Encode puts the result that s holds, a result struct of the stub, in the place
// of the one that r has. A Reply made by new cannot be encoded into: an
// interceptor gets one from its client, or makes one with [NewReply].
func (r *Reply) Encode(s thrift.TStruct) error {
	body, err := encode(r.protocol, s)
	if err != nil {
		return err
	}
	header := r.reply.Header
	r.body = body
	r.reply = mux.ResultReply(r.protocol, body)
	r.reply.Header = header
	return nil
}

// NewReply returns the result that s holds, encoded as the arguments like are, for
// a server's interceptor that answers by itself.
func NewReply(like *Args, s thrift.TStruct) (*Reply, error) {
	r := &Reply{encoded: encoded{protocol: like.protocol, maxDepth: like.maxDepth, memory: like.memory}}
	return r, r.Encode(s)
}

// Clone returns a copy that can be kept.
func (r *Reply) Clone() *Reply {
	c := &Reply{encoded: r.clone(), reply: r.reply}
	c.reply.Body = c.body
	c.reply.Header = r.reply.Header.Clone()
	return c
}
