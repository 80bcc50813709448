package mux

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Processor returns the Handler for a processor that the Apache Thrift compiler
// made. The processor runs against memory: its arguments are decoded from the
// request's body, and what it writes becomes the reply once it has returned, so
// that no part of an answer leaves before the whole is there.
//
// The processor is not changed. Its map is read once, to know its methods; a
// method that is not in it is answered UnknownMethod before anything is decoded.
// Arguments that cannot be decoded are a ProtocolError. An error of the user's
// code is returned as it is, but that it does not count as "not run", and that the
// failure of another call, a client's error or a thrift.TApplicationException, is an
// InternalError: the exception that the stub made of it, with the error's text, is
// dropped. So is whatever it wrote once ctx has ended.
// It panics if p is nil.
func Processor(p thrift.TProcessor) Handler {
	if isNil(p) {
		panic(fmt.Errorf("mux: Processor: %w", nilError("processor", p)))
	}
	functions := p.ProcessorMap()
	h := &processor{p: p, methods: make(map[string]*method, len(functions)), generated: isGenerated(reflect.TypeOf(p))}
	for name, f := range functions {
		h.methods[name] = &method{f, isOneway(f), isStub(f), argumentSize(p, name, f)}
	}
	return h
}

// processor is a methodSet.
type processor struct {
	p         thrift.TProcessor
	methods   map[string]*method
	generated bool // p's Process only looks up the method
}

type method struct {
	function thrift.TProcessorFunction
	oneway   bool // known to be
	stub     bool // function is what the compiler makes: it decodes all arguments first
	// structSize is the size of the largest struct among the arguments, 0 if it is
	// not known.
	structSize int64
}

// isGenerated reports whether t is what the compiler makes for a service that
// extends no other: a struct of the methods and the user's handler. What embeds
// one may have a Process of its own.
func isGenerated(t reflect.Type) bool {
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return false
	}
	t = t.Elem()
	return t.NumField() == 2 && t.Field(0).Name == "processorMap" && t.Field(1).Name == "handler"
}

func (h *processor) Methods() []string { return slices.Sorted(maps.Keys(h.methods)) }

func (h *processor) has(name string) bool { _, ok := h.methods[name]; return ok }

func (h *processor) isOneway(name string) bool {
	m, ok := h.methods[name]
	return ok && m.oneway
}

func (h *processor) ServeThrift(ctx context.Context, req *Request) (rep Reply, err error) {
	err = h.serve(ctx, req, &rep)
	return rep, err
}

// serve is ServeThrift with a place for the reply; see [Route.serve].
func (h *processor) serve(ctx context.Context, req *Request, rep *Reply) error {
	m, ok := h.methods[req.Method]
	if !ok {
		return unknownMethod(req)
	}
	c := takeCodec(req, m.structSize)
	if c == nil {
		return unspoken(req)
	}
	ctx, slot := withHeaders(ctx, req)
	p := req.state()
	before := *p
	p.enter(true)
	var err error
	if h.generated {
		ok, err = m.function.Process(ctx, req.SeqID, c, c)
	} else {
		ok, err = h.p.Process(ctx, c, c)
	}
	// Asked before the codec is given back; the bytes are the session's scratch.
	written, _ := c.Message()
	body := c.Out()[len(req.Scratch):]
	giveCodec(c)

	rep.Type, err = outcome(ctx, req.Protocol, written.Type, body, ok, err)
	switch {
	case err == nil:
	case m.stub && h.generated && written.Type == thrift.EXCEPTION && undecoded(req.Protocol, body):
		req.unenter(before)
		err = refused(err)
	default:
		err = userError(ctx, err)
	}
	if rep.Type == wire.Reply {
		rep.Body, rep.Failed = body, wire.Failed(req.Protocol, body)
	}
	if slot == nil {
		return err
	}
	return setHeader(rep, slot, err)
}

// setHeader gives a reply the headers that the handler has set, and returns the call's
// error, to which it adds theirs.
func setHeader(rep *Reply, slot *HeaderSlot, err error) error {
	set, err2 := slot.end()
	if err2 != nil {
		*rep = Reply{}
		return errors.Join(err, err2)
	}
	rep.Header = set
	return err
}

// What only a refused call needs takes no room on the stack of every other.

func unknownMethod(req *Request) error {
	return Refusef(DoNotSendAgain, UnknownMethod, "unknown method %q of service %q", req.Method, req.Service)
}

func unspoken(req *Request) error {
	return Refusef(DoNotSendAgain, InvalidProtocol, "service %q does not speak %v", req.Service, req.Protocol)
}

// outcome is the type of the reply to a call, given the type and the body of the
// message that its stub wrote, 0 and nothing without one, and what the stub
// returned. Of a wire.Reply the body is the reply's.
func outcome(ctx context.Context, p wire.Protocol, written thrift.TMessageType, body []byte, ok bool, err error) (wire.Type, error) {
	switch {
	case ok && written == 0:
		// Only oneway methods succeed in silence. Go's own runtime sends their
		// calls with the type of any other (TStandardClient.Send, 0.25.0) and
		// waits for nothing: an answer would be taken for the next call's.
		return wire.Oneway, err
	case ctx.Err() != nil:
		return 0, ended(ctx, err)
	case written == thrift.REPLY && !ok && err != nil:
		// The result could not be written to its end, such as a set with an
		// element twice: what there is of it is no answer.
		return 0, err
	case written == thrift.REPLY:
		// err, if any, is a declared exception, which the result carries.
		return wire.Reply, nil
	case written != 0:
		return 0, exceptionError(p, body, err)
	case errors.Is(err, thrift.ErrAbandonRequest):
		return 0, &Error{Code: Canceled, Message: "abandoned by the handler", Err: err}
	}
	return 0, silentError(err)
}

// silentError is the failure of a processor that wrote nothing. Generated code
// does so for undecodable arguments of a oneway method, whose client asks for no
// text.
func silentError(err error) error {
	if e := thrift.TProtocolException(nil); errors.As(err, &e) {
		return undecodable("", err)
	}
	return err
}

// undecodable is the failure of a call whose arguments could not be decoded, for the
// reason err: the call's own fault, unless there was no memory to decode them into.
func undecodable(text string, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == Overloaded {
		return &Error{Code: Overloaded, Message: e.Message, Err: err}
	}
	return &Error{Code: ProtocolError, Message: text, Err: err}
}

// undecoded reports whether the exception in body is the one that generated code
// writes when it cannot decode the arguments, before it calls the user's code. It
// writes another for every error of that code.
func undecoded(p wire.Protocol, body []byte) bool {
	code, _, err := wire.ParseException(p, body)
	return err == nil && Code(code) == ProtocolError
}

// refused marks err, the failure of a call whose arguments could not be decoded, as
// that of a call that was not run: another server may have the memory, but none can
// decode what is broken.
func refused(err error) error {
	if e, ok := err.(*Error); ok {
		if e.NotRun = DoNotSendAgain; e.Code == Overloaded {
			e.NotRun = SendAgain
		}
	}
	return err
}

// ended is the failure of a call whose context ended before its handler did.
func ended(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case err == nil:
		err = cause
	case !errors.Is(err, cause):
		err = fmt.Errorf("%w: %w", cause, err)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Code: DeadlineExceeded, Err: err}
	}
	return &Error{Code: Canceled, Err: err}
}

// exceptionError is the failure behind an exception that the stub wrote. Its type
// tells undecodable arguments from an error of the user's code, which err alone
// does not.
func exceptionError(p wire.Protocol, body []byte, err error) error {
	code, text, perr := wire.ParseException(p, body)
	switch {
	case perr != nil:
		return errors.Join(err, perr)
	case Code(code) == InternalError && err != nil:
		return err
	case Code(code) == ProtocolError:
		return undecodable(text, err)
	}
	return &Error{Code: Code(code), Message: text, Err: err}
}
