package server_test

import (
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// TestInflatingIsBoundedByARatio wants a bomb to fail alone, and streams of ordinary
// and of short messages to pass.
func TestInflatingIsBoundedByARatio(t *testing.T) {
	for name, tt := range map[string]struct {
		ratio, size int
		refused     bool
	}{
		"64 KiB of zeroes by default":    {0, 60 << 10, false},
		"a MiB of zeroes by default":     {0, 1 << 20, false},
		"a MiB of zeroes, without bound": {-1, 1 << 20, false},
		"a MiB of zeroes, two thousand":  {2000, 1 << 20, false},
		"a MiB of zeroes, a hundred":     {100, 1 << 20, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				var r refusals
				start(t, n, &server.Server{Handler: fooAndBar(), MaxInflateRatio: tt.ratio, Observer: r.observer()})
				f := form{transport: wire.THeader, protocol: wire.Binary, zlib: true}
				s := speak(t, n, f)
				blob := msg{typ: wire.Call, name: "BarApi:blob", seqid: 5, body: f.encode(t, &bar.BarApiBlobArgs{Data: make([]byte, tt.size)})}
				for range 3 {
					s.send(blob)
					if !tt.refused {
						s.wantResult("blob", 5, new(bar.BarApiBlobResult))
						continue
					}
					m := s.wantException("blob", 5, mux.ProtocolError)
					if _, text, _ := wire.ParseException(wire.Binary, m.body); !containsAll(text, "MaxInflateRatio", "limit of") {
						t.Errorf("the client is told %q", text)
					}
				}
				s.send(f.echoCall(t, "BarApi:echo", 6, "x"))
				s.wantResult("echo", 6, new(bar.BarApiEchoResult))
				if tt.refused {
					r.want(t, "MaxInflateRatio", 3)
				}
			})
		})
	}
}

// TestZlibCanBeSwitchedOff leaves THeader frames that are not compressed alone.
func TestZlibCanBeSwitchedOff(t *testing.T) {
	forEachHeaderForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar(), Disable: []string{"theader zlib"}})
		s := speak(t, n, f)
		plain := f
		plain.zlib = false
		s.sendRaw(append(f.bytes(f.echoCall(t, "BarApi:echo", 1, "x")), plain.bytes(f.echoCall(t, "BarApi:echo", 2, "x"))...))
		if f.zlib {
			s.wantException("", 1, mux.InvalidTransform)
		} else {
			s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		}
		s.wantResult("echo", 2, new(bar.BarApiEchoResult))
	})
}

func TestADamagedStreamLeavesNothingCounted(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, &server.Server{Handler: fooAndBar(), MaxInflateRatio: -1, MaxMessageSize: -1, MaxBytes: -1})
		stream := append(theader.Deflate(nil, []byte("x"))[:2], make([]byte, 3<<20)...)
		s := speak(t, n, headerForms[1])
		s.sendRaw(headerFrame(5, []byte{0, 1, 1}, stream))
		s.wantClosed()
	}) // start looks at what is counted
}

func containsAll(s string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}
