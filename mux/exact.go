package mux

import (
	"context"
	"errors"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Exact is a [Filter] for handlers that pass bytes on without decoding them. A call
// whose body is not exactly one struct is refused with ProtocolError before the
// handler sees it, and a reply whose body is not is a ProtocolError too. Bytes that
// a session has walked already, as it does on unframed connections and over HTTP,
// are not walked again. It is not needed before stubs and client.Client's handlers,
// which refuse such bodies themselves.
func Exact(next Handler) Handler { return &exact{next} }

type exact struct{ next Handler }

func (h *exact) ServeThrift(ctx context.Context, req *Request) (Reply, error) {
	if err := req.CheckBody(); err != nil {
		return Reply{}, err
	}
	rep, err := h.next.ServeThrift(ctx, req)
	if err == nil {
		err = req.CheckReply(&rep, req.MaxDepth)
	}
	if err != nil {
		return Reply{Header: rep.Header}, err
	}
	return rep, nil
}

// span is the place of bytes in memory: what was found out about them holds for no
// others. The zero span means no bytes.
type span struct {
	first *byte
	n     int
}

func spanOf(b []byte) span {
	if len(b) == 0 {
		return span{}
	}
	return span{&b[0], len(b)}
}

func (s span) is(b []byte) bool { return s.n > 0 && s == spanOf(b) }

// MarkWalked says that Body was walked and is exactly one struct, nested no deeper
// than MaxDepth. Sessions that find the end of a message by walking it say so, and
// clients of what their stubs encoded. The mark is of these very bytes: another
// Body has none.
func (r *Request) MarkWalked() { r.walked = spanOf(r.Body) }

// Walked reports whether MarkWalked was called for the Body that r has now.
func (r *Request) Walked() bool { return r.walked.is(r.Body) }

// CheckBody returns nil if Body is exactly one struct, nested no deeper than
// MaxDepth. The error is an *[Error] with the code ProtocolError, whose cause is a
// *wire.Error. Bytes are walked once: not again if they were found to be one struct
// before.
func (r *Request) CheckBody() error {
	if r.Walked() {
		return nil
	}
	if err := wire.ExactStruct(r.Protocol, r.Body, wire.Limits{Depth: r.MaxDepth}); err != nil {
		e := inexact("arguments", err)
		e.NotRun = DoNotSendAgain
		return e
	}
	r.MarkWalked()
	return nil
}

// MarkReplyWalked says that body, which is to be the reply's, was walked and is
// exactly one struct. Clients say so of replies whose end they found by walking. The
// mark ends with Release, since the memory is used again then.
func (r *Request) MarkReplyWalked(body []byte) { r.walkedReply = spanOf(body) }

// CheckReply is CheckBody for the reply rep to r, whose nesting may be maxDepth
// deep; 0 means 64. A reply of the type 0 or Oneway has no body to look at.
func (r *Request) CheckReply(rep *Reply, maxDepth int) error {
	if rep.Type != wire.Reply && rep.Type != wire.Exception || r.walkedReply.is(rep.Body) {
		return nil
	}
	if err := wire.ExactStruct(rep.EncodedIn(r), rep.Body, wire.Limits{Depth: maxDepth}); err != nil {
		return inexact("reply", err)
	}
	return nil
}

// inexact is the failure of a call of whose bytes ExactStruct says err.
func inexact(what string, err error) *Error {
	text := err.Error()
	if e := (*wire.Error)(nil); errors.As(err, &e) && e.Kind == wire.Trailing {
		text = "not exactly one struct: " + text
	}
	return &Error{Code: ProtocolError, Message: what + ": " + text, Err: err}
}

var _ Filter = Exact
