package server_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// zipped compresses b.
func zipped(b string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, b)
	w.Close()
	return out.String()
}

// noiseStruct is a struct with n bytes that do not compress.
func noiseStruct(n int) string {
	b := body(n)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(b[len(b)-1-n : len(b)-1])
	return string(b)
}

func TestGzipBodies(t *testing.T) {
	call := httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")
	large := httpMessage(wire.Binary, wire.Call, "A:b", 1, noiseStruct(900_000))
	flat := func(n int) string { return httpMessage(wire.Binary, wire.Call, "A:b", 1, string(body(n))) }
	whole := zipped(call)
	flipped := []byte(whole)
	flipped[len(flipped)-8] ^= 1 // its checksum
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	io.WriteString(zw, call)
	zw.Close()
	onBoth(t, func(t *testing.T, n *network) {
		var seen mux.Header
		srv := handle(func(_ context.Context, req *mux.Request) error {
			seen = req.Header.Clone()
			return nil
		})
		srv.MaxMessageSize, srv.MaxInflateRatio = 1_000_000, 100
		log := new(logbook)
		srv.ErrorLog = log.logger()
		start(t, n, srv)
		c := browser(n)
		defer c.CloseIdleConnections()
		for _, tt := range []struct {
			name, encoding, body string
			status               int
			reply                int // its size
			text                 string
		}{
			{"gzip", "gzip", whole, 200, len(call) - 2, ""},
			{"gzip in capitals, by its old name", "X-GZIP", whole, 200, len(call) - 2, ""},
			{"nothing done to it", "identity", call, 200, len(call) - 2, ""},
			{"gzip and nothing", "identity, gzip", whole, 200, len(call) - 2, ""},
			{"large", "gzip", zipped(large), 200, len(large) - 2, ""},
			{"small and flat", "gzip", zipped(flat(60_000)), 200, len(flat(60_000)) - 2, ""},
			{"two calls", "gzip", zipped(call + call), 200, 0, ""},
			{"another encoding", "br", whole, 415, 0, "neither gzip nor identity"},
			{"zlib", "deflate", z.String(), 415, 0, ""},
			{"twice", "gzip, gzip", zipped(whole), 415, 0, ""},
			{"gzip of another encoding", "br, gzip", whole, 415, 0, ""},
			{"no gzip", "gzip", call, 400, 0, "gzip"},
			{"zlib under its name", "gzip", z.String(), 400, 0, "gzip"},
			{"nothing", "gzip", "", 400, 0, "cut short"},
			{"cut in the header", "gzip", whole[:5], 400, 0, "cut short"},
			{"cut in the stream", "gzip", whole[:len(whole)-12], 400, 0, "cut short"},
			{"cut in the checksum", "gzip", whole[:len(whole)-1], 400, 0, "cut short"},
			{"a wrong checksum", "gzip", string(flipped), 400, 0, "checksum"},
			{"bytes behind it", "gzip", whole + "x", 400, 0, "1 bytes behind"},
			{"two streams", "gzip", whole + whole, 400, 0, "behind"},
			{"a bomb", "gzip", zipped(flat(900_000)), 413, 0, "MaxInflateRatio"},
			{"larger inside than a message", "gzip", zipped(httpMessage(wire.Binary, wire.Call, "A:b", 1, noiseStruct(999_000)+strings.Repeat("a", 2000))), 413, 0, "MaxMessageSize"},
		} {
			seen = nil
			resp, got := post(t, c, xthrift, tt.body, "Content-Encoding", tt.encoding, "X-Trace-Id", "abc")
			if resp.StatusCode != tt.status || tt.reply > 0 && len(got) != tt.reply || !strings.Contains(got, tt.text) {
				t.Errorf("%s: %s, %d bytes %.80q; want %d, %d bytes with %q", tt.name, resp.Status, len(got), got, tt.status, tt.reply, tt.text)
			}
			if tt.status == 415 && resp.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("%s: accepted is %q", tt.name, resp.Header.Get("Accept-Encoding"))
			}
			if _, ok := seen.Lookup("content-encoding"); tt.reply > 0 && (seen.Get("x-trace-id") != "abc" || ok && strings.Contains(tt.encoding, "gzip")) {
				t.Errorf("%s: the handler sees %q", tt.name, seen)
			}
		}
		log.want(t, "bound=MaxInflateRatio", "bound=MaxMessageSize")
	})
}

// TestGzipBodiesAreCounted: what is inflated side by side stays within MaxBytes.
func TestGzipBodiesAreCounted(t *testing.T) {
	small := httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")
	bomb := zipped(httpMessage(wire.Binary, wire.Call, "A:b", 1, strings.Repeat(noiseStruct(4_000), 25)+string(body(600_000))))
	inBubble(t, func(t *testing.T, n *network) {
		srv := echoHTTP(t)
		srv.MaxBytes = 300_000
		log := new(logbook)
		srv.ErrorLog = log.logger()
		start(t, n, srv)
		c := browser(n)
		defer c.CloseIdleConnections()
		if resp, got := post(t, c, xthrift, bomb, "Content-Encoding", "gzip"); resp.StatusCode != 503 || !strings.Contains(got, "MaxBytes") {
			t.Errorf("%s: %q", resp.Status, got)
		}
		log.want(t, "bound=MaxBytes")
		if resp, got := post(t, c, xthrift, zipped(small), "Content-Encoding", "gzip"); resp.StatusCode != 200 {
			t.Errorf("after it: %s: %q", resp.Status, got)
		}
	})
}
