package server_test

import (
	"testing"
	"testing/synctest"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// TestAnUnexpectedOnewayHoldsNothing: a call that is found to have no reply leaves
// no room for one with its connection.
func TestAnUnexpectedOnewayHoldsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		before := conn.Outstanding()
		m := mux.New()
		m.Handle("A", rawReply(wire.Oneway))
		start(t, n, &server.Server{Handler: m})
		dial(t, n).send(frame(wire.Call, "A:note", 1, 5))
		synctest.Wait()
		if held := conn.Outstanding() - before; held != 0 {
			t.Errorf("an idle connection holds %d buffers", held)
		}
	})
}
