package server_test

import (
	"io"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/server"
)

// TestBoundsAreNamed: who reads of a refusal is told the field that decides.
func TestBoundsAreNamed(t *testing.T) {
	long, many := thriftmux.Init{Version: thriftmux.Version}, thriftmux.Init{Version: thriftmux.Version}
	long.Add("k", strings.Repeat("v", 1000))
	for range 2000 {
		many.Add("k", "")
	}
	framed := func(text string) []byte {
		return append([]byte{0, 0, byte(len(text) >> 8), byte(len(text))}, text...)
	}
	spaces := strings.Repeat(" ", 300)
	for name, c := range map[string]struct {
		sent  [][]byte
		bound string
	}{
		"a JSON header in a frame": {[][]byte{framed(`[1,"A:b",1,1,{}]`), framed("[1," + spaces + `"A:b",1,1,{}]`)}, "MaxNameLen"},
		"a JSON header":            {[][]byte{[]byte(`[1,"A:b",1,1,{}]`), []byte("[1," + spaces + `"A:b",1,1,{}]`)}, "MaxNameLen"},
		"a long init":              {[][]byte{thriftmux.AppendCheckTinit(nil), initFrame(long)}, "MaxHeaderBytes"},
		"an init of many":          {[][]byte{thriftmux.AppendCheckTinit(nil), initFrame(many)}, "MaxHeaderBytes"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				r := &refusals{}
				srv := &server.Server{Handler: fooAndBar(), Observer: r.observer(), MaxNameLen: 20, MaxHeaderBytes: 500}
				if strings.HasSuffix(name, "many") {
					srv.MaxHeaderBytes = 0 // it is their count that is too large
				}
				start(t, n, srv)
				p := dial(t, n)
				p.send(c.sent...)
				io.Copy(io.Discard, p.r)
				r.want(t, c.bound, 1)
			})
		})
	}
}
