package server_test

import (
	"context"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// A handler that answers in another protocol than it was asked in fails that call:
// its bytes would be read as something else.
func TestReplyInAnotherProtocol(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			p := req.Protocol
			if req.SeqID == 2 {
				p = wire.Compact
			}
			return mux.ResultReply(p, []byte{0}), nil
		})})
		p := dial(t, n)
		p.send(frame(wire.Call, "Any:method", 1, 0), frame(wire.Call, "Any:method", 2, 0), frame(wire.Call, "Any:method", 3, 0))
		p.want(wire.Reply, 1)
		a, err := p.recv()
		if code, text := a.code(); err != nil || a.seqid != 2 || mux.Code(code) != mux.InternalError {
			t.Errorf("got %v %d %d %q, %v", a.typ, a.seqid, code, text, err)
		}
		p.want(wire.Reply, 3)
	})
}
