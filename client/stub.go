package client

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// stubClient is what generated clients call.
type stubClient struct {
	c       *Client
	service string
}

// stubCall is the memory of one call by a stub. It is used again.
type stubCall struct {
	req     mux.Request
	binary  protocol.Binary
	compact protocol.Compact
}

var stubCalls = sync.Pool{New: func() any { return new(stubCall) }}

// maxKept is the capacity up to which a stub call keeps the memory that arguments
// were encoded in.
const maxKept = 64 << 10

func (x *stubCall) codec(p wire.Protocol) protocol.Codec {
	if p == wire.Compact {
		return &x.compact
	}
	return &x.binary
}

// decoder returns a codec for a reply in protocol p, which only servers that are set
// up oddly choose to be another than that of the call.
func (x *stubCall) decoder(p wire.Protocol, maxDepth int, m *protocol.Memory) protocol.Codec {
	switch p {
	case wire.Compact:
		x.compact.MaxDepth, x.compact.Memory = maxDepth, m
		return &x.compact
	case wire.JSON:
		return &protocol.JSON{MaxDepth: maxDepth, Memory: m}
	}
	x.binary.MaxDepth, x.binary.Memory = maxDepth, m
	return &x.binary
}

// free gives x up. Its codec still refers to the call's bytes, which nobody reads.
func (x *stubCall) free() {
	r := &x.req
	r.Release()
	if r.Header, r.Route, r.Logged = nil, nil, nil; cap(r.Body) > maxKept {
		r.Body = nil
	}
	stubCalls.Put(x)
}

// Call implements thrift.TClient.
func (s *stubClient) Call(ctx context.Context, method string, args, result thrift.TStruct) (thrift.ResponseMeta, error) {
	if err := s.c.start(); err != nil {
		return thrift.ResponseMeta{}, s.fail(method, startError(err))
	}
	x := stubCalls.Get().(*stubCall)
	defer x.free()
	if err := s.encode(ctx, x, method, args, result == nil); err != nil {
		return thrift.ResponseMeta{}, s.fail(method, err)
	}
	x.req.Begin()
	rep, err := s.c.serve(ctx, &x.req)
	if err != nil {
		return thrift.ResponseMeta{}, x.failure(err)
	}
	if result == nil {
		return thrift.ResponseMeta{}, nil
	}
	var meta thrift.ResponseMeta
	if len(rep.Header) > 0 {
		meta.Headers = make(thrift.THeaderMap, len(rep.Header))
		for _, f := range rep.Header {
			meta.Headers[f.Key] = f.Value
		}
	}
	return meta, s.decode(ctx, x, rep, result)
}

// failure is what a call returns that failed with err. A filter may have made more
// than one attempt: that the last was not run says nothing of the others.
func (x *stubCall) failure(err error) error {
	if mux.NotRunOf(err) == mux.MayHaveRun || !x.req.MayHaveRun() {
		return err
	}
	e, ok := err.(*Error)
	if !ok {
		return mux.Unmarked(err)
	}
	c := *e
	c.NotRun = mux.MayHaveRun
	return &c
}

// encode fills in the request.
func (s *stubClient) encode(ctx context.Context, x *stubCall, method string, args thrift.TStruct, oneway bool) error {
	p := s.c.protocol()
	codec := x.codec(p)
	codec.ResetBody(protocol.Message{}, nil, x.req.Body[:0])
	if args != nil {
		if err := args.Write(ctx, codec); err != nil {
			return &Error{Code: mux.ProtocolError, NotRun: mux.DoNotSendAgain, Err: fmt.Errorf("arguments: %w", err)}
		}
	}
	r := &x.req
	r.Body, r.Scratch = codec.Out(), nil
	r.Service, r.Method, r.Protocol, r.MaxDepth = s.service, method, p, s.c.bounds.depth
	r.MarkWalked() // so to speak: the stub has just laid it out
	if r.Type = wire.Call; oneway {
		r.Type = wire.Oneway
	}
	if len(s.c.Filters) > 0 {
		r.Name = s.c.names.join(s.service, method) // only filters ask
	}
	if s.c.framing == wire.THeader || s.c.framing == wire.ThriftMux || s.c.Negotiate {
		r.Header = headers(ctx)
	}
	return nil
}

// headers returns what is to be sent of the context's headers.
func headers(ctx context.Context) mux.Header {
	keys := thrift.GetWriteHeaderList(ctx)
	if len(keys) == 0 {
		return nil
	}
	h := make(mux.Header, 0, len(keys))
	for _, key := range keys {
		if value, ok := thrift.GetHeader(ctx, key); ok {
			h.Add(key, value)
		}
	}
	return h
}

// smallReply is how many bytes cannot become so much that it matters how large the
// structs in them are.
const smallReply = 512

// decode reads the result, or the exception that came instead.
func (s *stubClient) decode(ctx context.Context, x *stubCall, rep mux.Reply, result thrift.TStruct) error {
	r := &x.req
	p := rep.EncodedIn(r)
	switch rep.Type {
	case wire.Exception:
		code, text, n, err := wire.ParseMarkedException(p, rep.Body)
		if err != nil {
			return s.fail(r.Method, &Error{Code: mux.ProtocolError, Err: fmt.Errorf("exception: %w", err)})
		}
		if n != mux.MayHaveRun && r.MayHaveRun() {
			n = mux.MayHaveRun // an earlier attempt, by a filter
		}
		return newException(code, text, n)
	case wire.Reply:
	default:
		return s.fail(r.Method, &Error{Code: mux.MissingResult, Err: fmt.Errorf("a filter gave no reply")})
	}
	m := &r.Memory
	m.Max, m.Struct = s.c.bounds.decoded, 0
	if len(rep.Body) > smallReply {
		m.Struct = protocol.StructSize(reflect.TypeOf(result))
	}
	codec := x.decoder(p, r.MaxDepth, m)
	codec.ResetBody(protocol.Message{}, rep.Body, nil)
	if err := result.Read(ctx, codec); err != nil {
		return s.fail(r.Method, &Error{Code: mux.ProtocolError, Err: fmt.Errorf("result: %w", err)})
	}
	return nil
}

// fail puts the call's name into a failure.
func (s *stubClient) fail(method string, err error) error {
	return named(&mux.Request{Service: s.service, Method: method}, err)
}

// startError is the failure of every call of a client that could not start.
func startError(err error) error {
	if err == ErrClosed {
		return unavailable(err)
	}
	return &Error{Code: mux.InternalError, NotRun: mux.DoNotSendAgain, Err: err}
}
