package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// sniffBytewise gives Sniff one byte more each time, as the slowest client
// does. It checks that only as much is asked for as Sniff's comment says, and
// that a decision stays; seen is the number of bytes that decided.
func sniffBytewise(t testing.TB, b []byte, lim Limits) (o Opening, seen int, err error) {
	t.Helper()
	decided := false
	for n := range len(b) + 1 {
		now, need, nowErr := Sniff(b[:n:n], lim)
		switch {
		case need > 0 && (decided || nowErr != nil || need <= n):
			t.Fatalf("%d bytes: need %d, decided before %t, %v", n, need, decided, nowErr)
		case need > max(lim.resolved().Name+5, maxMuxOpening+4):
			t.Fatalf("%d bytes: need %d", n, need)
		case need > 0:
		case !decided:
			o, seen, err, decided = now, n, nowErr, true
		case now != o || (nowErr == nil) != (err == nil):
			t.Fatalf("%d bytes: %s, %v; at %d bytes: %s, %v", n, now, nowErr, seen, o, err)
		}
	}
	if !decided {
		return Opening{}, 0, nil
	}
	return o, seen, err
}

func TestSniffGolden(t *testing.T) {
	dialects := map[string]Dialect{"framed": Framed, "unframed": Buffered, "header": THeader, "zlib": Zlib, "http": HTTP}
	for _, v := range thriftVectors(t) {
		if v.Type != "call" && v.Type != "oneway" {
			continue // a client does not open with a reply
		}
		want := Opening{Dialect: dialects[v.Transport]}
		documented := 4
		switch v.Transport {
		case "framed":
			want.Protocol, want.Old = v.form(t)
			documented = 8
		case "unframed":
			want.Protocol, want.Old = v.form(t)
			if want.Old {
				documented = max(8, 4+len(v.Method)+1)
				if len(v.Method) < 4 {
					documented = 4 + len(v.Method) + 1
				}
			}
		case "header":
			documented = 8
		}
		o, seen, err := sniffBytewise(t, v.bytes, Limits{})
		if o != want || seen != documented || err != nil {
			t.Errorf("%s: %s after %d bytes, %v; want %s after %d", v.title(), o, seen, err, want, documented)
		}
	}
}

func TestSniffGoldenThriftMux(t *testing.T) {
	openings := []string{
		"tinit-check-request", "tinit-default", "tinit-window-64", "tinit-window-20", "tping",
		"tdispatch-minimal-contexts", "tdispatch-all-contexts", "tdispatch-trace-128", "tdispatch-retry-1",
		"tdispatch-no-contexts", "treq-trace", "fragmented-request-assembled",
	}
	isOpening := func(name string) bool {
		for _, o := range openings {
			if o == name {
				return true
			}
		}
		return false
	}
	seen := 0
	for _, v := range readVectors(t, "testdata/thriftmux-vectors.json") {
		o, _, err := sniffBytewise(t, v.bytes, Limits{})
		mux := o.Dialect == ThriftMux && err == nil
		// The server's echo and a refused upgrade to Mux have a client's bytes.
		if isOpening(v.Name) {
			seen++
		}
		if v.Name != "tinit-check-echo" && mux != isOpening(v.Name) {
			t.Errorf("%s: %s, %v", v.Name, o, err)
		}
		if v.Name == "ttwitter-probe" && o != (Opening{Dialect: Framed, Protocol: Binary}) {
			t.Errorf("%s: %s, %v", v.Name, o, err)
		}
	}
	if seen != len(openings) {
		t.Errorf("%d of %d openings are vectors", seen, len(openings))
	}
}

// frameOf puts a length in front.
func frameOf(content string) []byte {
	return append(AppendFrameHeader(nil, len(content)), content...)
}

func TestSniffOpenings(t *testing.T) {
	for _, c := range []struct {
		name string
		b    string
		want string // an Opening's text; "" for an error
		seen int    // bytes that decide
	}{
		{"post", "POST / HTTP/1.1\r\n", "http", 4},
		{"get", "GET /health HTTP/1.1\r\n", "http", 4},
		{"put", "PUT / HTTP/1.1\r\n", "http", 4},
		{"options", "OPTIONS * HTTP/1.1\r\n", "http", 4},
		{"head", "HEAD / HTTP/1.1\r\n", "http", 4},
		{"tls 1.0 record", "\x16\x03\x01\x02\x00", "tls", 4},
		{"proxy v1", "PROXY TCP4 127.0.0.1 127.0.0.1 42678 23931\r\n", "proxy-v1", 4},
		{"proxy v2", "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00", "proxy-v2", 4},
		{"zlib, no compression", "\x78\x01\x00\x00", "zlib", 4},
		{"zlib, fast", "\x78\x5e\x00\x00", "zlib", 4},
		{"zlib, default", "\x78\x9c\x00\x00", "zlib", 4},
		{"zlib, best", "\x78\xda\x00\x00", "zlib", 4},
		{"json with white space", "[ 1,\"n\"", "buffered json", 4},
		{"framed oneway", "\x00\x00\x00\x20\x80\x01\x00\x04", "framed binary", 8},
		{"framed reply", "\x00\x00\x00\x20\x80\x01\x00\x02" + strings.Repeat("x", 40), "", 8},
		{"framed exception", "\x00\x00\x00\x20\x80\x01\x00\x03" + strings.Repeat("x", 40), "", 8},
		{"framed compact reply", "\x00\x00\x00\x20\x82\x41\x01\x04echo", "", 8},
		{"framed compact oneway", "\x00\x00\x00\x20\x82\x81\x01\x04echo", "framed compact", 8},
		{"unframed reply", "\x80\x01\x00\x02\x00\x00", "", 4},
		{"unframed exception", "\x80\x01\x00\x03\x00\x00", "", 4},
		{"unframed oneway, the unused byte not 0", "\x80\x01\x09\x04\x00\x00", "buffered binary", 4},
		{"unframed, no type", "\x80\x01\x00\x05\x00\x00", "", 4},
		{"unframed compact reply", "\x82\x41\x01\x04", "", 4},
		{"unframed compact exception", "\x82\x61\x01\x04", "", 4},
		{"unframed compact oneway", "\x82\x81\x01\x04", "buffered compact", 4},
		{"TTHeader", "\x00\x00\x00\x20\x10\x00\x00\x00" + strings.Repeat("x", 40), "", 8},
		{"SASL", "\x01\x00\x00\x00\x06GSSAPI\x00\x00\x00\x00", "", 8},
		{"a frame that is whole, a control character at its end", string(frameOf("some bytes\x00")), "", 15},
		{"a control character behind 64 bytes", "\x00\x00\x00\x64" + strings.Repeat("n", 70) + "\x00" + strings.Repeat("n", 40), "", 104},
		{"a name that is not UTF-8", string(frameOf("\xff\xfe:\xc0")) + "\x01", "buffered binary, old", 9},
		{"compact of version 2", "\x82\x22\x00\x00", "", 4},
		{"old binary framed at its least", string(frameOf("\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00")), "framed binary, old", 8},
		{"old binary framed, the name too long for it", string(frameOf("\x00\x00\x00\x01\x01\x00\x00\x00\x01\x00")) + "\x00", "", 8},
		{"unframed old empty name", "\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00", "buffered binary, old", 5},
		{"empty frame", "\x00\x00\x00\x00\x00\x00\x00\x10", "", 5},
		{"frame of 3 bytes", "\x00\x00\x00\x03abc\x09", "", 8},
		{"unframed old name of 3 bytes", "\x00\x00\x00\x03abc\x01", "buffered binary, old", 8},
		{"unframed old name of a zero byte", "\x00\x00\x00\x01\x00\x01", "", 5},
		{"unframed old name of 1 byte", "\x00\x00\x00\x01a\x04", "buffered binary, old", 6},
		{"old name at the limit", "\x00\x00\x04\x00" + strings.Repeat("n", 1024) + "\x01", "buffered binary, old", 1029},
		{"old name over the limit", "\x00\x00\x04\x01" + strings.Repeat("n", 1025) + "\x01", "", 8},
		{"frame at the limit", "\x00\xf9\xfc\x00\x82\x21\x00\x00", "", 0},
		{"ssh", "SSH-2.0-OpenSSH", "", 4},
		{"negative", "\xff\xff\xff\xff", "", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "frame at the limit" {
				testSniffFrameLimit(t)
				return
			}
			o, seen, err := sniffBytewise(t, []byte(c.b), Limits{})
			if (err == nil) != (c.want != "") || err == nil && o.String() != c.want || seen != c.seen {
				t.Errorf("%s after %d bytes, %v; want %q after %d", o, seen, err, c.want, c.seen)
			}
		})
	}
}

// A whole frame that is nothing known is refused at once, unless all of its bytes
// may be the name of an old unframed call, whose type is the next byte.
func TestSniffWholeFrames(t *testing.T) {
	for content, waits := range map[string]bool{
		"some bytes":       true,
		"Foo:echo":         true,
		"\xff\xfe\xc0\x80": true, // names are bytes
		"some\tbytes":      false,
		"a byte 7f: \x7f":  false,
		"line\n":           false,
	} {
		_, need, err := Sniff(frameOf(content), Limits{})
		if (err == nil) != waits || waits && need != FrameHeaderSize+len(content)+1 {
			t.Errorf("%q: need %d, %v", content, need, err)
		}
		if _, need, err = Sniff([]byte(string(frameOf(content))+"\x09"), Limits{}); err == nil {
			t.Errorf("%q and a byte: need %d", content, need)
		}
	}
}

func testSniffFrameLimit(t *testing.T) {
	for _, c := range []struct {
		length, limit int
		first         string // of the frame
		ok            bool
	}{
		{DefaultMessage, 0, "\x82\x21\x00\x00", true},
		{100, 100, "\x82\x21\x00\x00", true},
		// Over the limit, and yet known: its caller can be told.
		{DefaultMessage + 1, 0, "\x82\x21\x00\x00", true},
		{101, 100, "\x82\x21\x00\x00", true},
		{101, 100, "Foo:", false},
		{MaxSniffFrame, -1, "\x82\x21\x00\x00", true},
		{MaxSniffFrame + 2, -1, "\x82\x21\x00\x00", false},
	} {
		b := append(AppendFrameHeader(nil, c.length), c.first...)
		o, _, err := Sniff(b, Limits{Message: c.limit})
		if (err == nil) != c.ok || c.ok && o.Dialect != Framed {
			t.Errorf("length %d, limit %d: %s, %v", c.length, c.limit, o, err)
		}
		e := new(Error)
		if over := c.length > c.limit && c.limit > 0; over && !c.ok && (!errors.As(err, &e) || !e.TooLarge() || e.Seen != int64(c.length)) {
			t.Errorf("length %d, limit %d: %v", c.length, c.limit, err)
		}
	}
}

// Unframed and old, a name's length looks like a frame's and its first letter
// like a ThriftMux type: A is Tping, B Tdiscarded, C Tlease, D Tinit.
func TestSniffOldUnframedNamesInAToD(t *testing.T) {
	names := []string{"A", "B", "C", "D", "BarApi:echo", "AAAA", "AbcApi:x", "CalcApi:add", "DataApi:get", "Data"}
	for first := 'A'; first <= 'D'; first++ {
		for n := range 40 {
			names = append(names, fmt.Sprintf("%c%s", first, strings.Repeat("p", n)))
		}
	}
	for _, name := range names {
		b := append(AppendOldHeader(nil, Call, name, 1), 0)
		o, seen, err := sniffBytewise(t, b, Limits{})
		if o != (Opening{Dialect: Buffered, Protocol: Binary, Old: true}) || err != nil || seen != len(b)-5 {
			t.Errorf("%q: %s after %d bytes, %v", name, o, seen, err)
		}
	}
}

// Framed, the same names must not be mistaken either.
func TestSniffOldFramedNames(t *testing.T) {
	for _, name := range []string{"", "A", "BarApi:echo", "DataApi:get", "[", strings.Repeat("n", 300)} {
		o, seen, err := sniffBytewise(t, frameOf(string(append(AppendOldHeader(nil, Call, name, 1), 0))), Limits{})
		if o != (Opening{Dialect: Framed, Protocol: Binary, Old: true}) || seen != 8 || err != nil {
			t.Errorf("%q: %s after %d bytes, %v", name, o, seen, err)
		}
	}
}

// A name that begins with "[" cannot be told from framed JSON.
func TestSniffNamesInBracketsAreTakenForJSON(t *testing.T) {
	b := append(AppendOldHeader(nil, Call, "[Foo]:bar", 1), 0)
	if o, _, err := Sniff(b, Limits{}); o != (Opening{Dialect: Framed, Protocol: JSON}) || err != nil {
		t.Errorf("%s, %v", o, err)
	}
}

// No opening of the first table can be a frame's length.
func TestSniffFirstBytesAreNoLength(t *testing.T) {
	for _, r := range firstBytes {
		b := append([]byte(r.prefix), 0, 0, 0, 0)
		if word := binary.BigEndian.Uint32(b); word <= MaxSniffFrame {
			t.Errorf("%q reads as the length %d", r.prefix, word)
		}
	}
}

func TestGuess(t *testing.T) {
	const reply = "a reply of a Thrift server instead of a call"
	for b, want := range map[string]string{
		"SSH-2.0-OpenSSH\r\n":                              "SSH",
		"PRI * HTTP/2.0\r\n":                               "HTTP/2 without TLS, as gRPC speaks it",
		"PRI ":                                             "HTTP/2 without TLS, as gRPC speaks it",
		"DELETE / HTTP/1.1\r\n":                            "an HTTP request",
		"get / http/1.1\r\n":                               "an HTTP request in lower case",
		"HTTP/1.1 200 OK\r\n":                              "an HTTP response",
		"\x16\x03\x01":                                     "a TLS record",
		"\x15\x03\x03\x00\x02\x02\x28":                     "a TLS alert",
		"\x78\x9c":                                         "a zlib stream",
		"\x1f\x8b\x08":                                     "a gzip stream",
		"\x1f\x8c\x08\x00":                                 "",
		"\x00\x00\x00\x08\x04\xd2\x16\x2f":                 "PostgreSQL asking for TLS",
		"\x00\x00\x00\x29\x00\x03\x00\x00user\x00":         "PostgreSQL",
		"\x01\x00\x00\x00\x06GSSAPI":                       "Thrift in SASL (TSaslClientTransport), which is not spoken",
		"\x01\x00\x00\x00\x05PLAIN\x00":                    "Thrift in SASL (TSaslClientTransport), which is not spoken",
		"\x01\x00\x00\x00\x0aDIGEST-MD5":                   "Thrift in SASL (TSaslClientTransport), which is not spoken",
		"\x01\x00\x00\x00\x05plain\x00":                    "",
		"\x01\x00\x00\x00\x00\x00\x00\x00":                 "",
		"\x00\x00\x00\x70\x10\x00\x00\x00":                 "Kitex's TTHeader, which is not spoken",
		"\x80\x01\x00\x02\x00\x00\x00\x04echo":             reply,
		"\x80\x01\x00\x03":                                 reply,
		"\x82\x41\x01\x04echo":                             reply,
		"\x00\x00\x00\x20\x80\x01\x00\x02":                 reply,
		"\x00\x00\x00\x20\x82\x61\x01\x04":                 reply,
		"\x00\x00\x00\x04echo\x02":                         reply,
		"\x00\x00\x00\x23\x00\x12\x00\x03\x00\x00\x00\x01": "Kafka",
		"*1\r\n$4\r\nPING\r\n":                             "Redis",
		"*12\r\n$4\r\n":                                    "Redis",
		"*\r\n12345678":                                    "printable text",
		"\x00\x00\x00\x9b\xffSMB\x72":                      "SMB",
		"\x03\x00\x00\x13\x0e\xe0\x00\x00":                 "remote desktop",
		"\x30\x0c\x02\x01\x01\x60\x07\x02":                 "LDAP",
		"\x10\x2a\x00\x04MQTT\x04":                         "MQTT",
		"\x00\x00\x52\x00\x00\x00\x00\x04\x00":             "RSocket, as fbthrift's Rocket speaks it",
		"\x3a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00": "MongoDB",
		"hello\r\n":            "printable text",
		"\x40\x00\x00\x00\x80": "a little-endian length",
		"ab":                   "",
		"":                     "",
		"\xff\xff\xff\xff":     "",
	} {
		if got := Guess([]byte(b)); got != want {
			t.Errorf("%q: %q, not %q", b, got, want)
		}
		// At any length there is no panic.
		for n := range len(b) {
			Guess([]byte(b)[:n:n])
		}
	}
}

// Nothing that a client of a known dialect sends is refused, so nothing of it is
// guessed at; but if it were, it would not be called something else.
func TestGuessAtKnownDialects(t *testing.T) {
	for _, v := range thriftVectors(t) {
		if v.Type != "call" && v.Type != "oneway" || v.Transport == "zlib" {
			continue
		}
		if got := Guess(v.bytes); got != "" && got != "printable text" {
			t.Errorf("%s: %q", v.title(), got)
		}
	}
}

// TestSniffReply looks at what servers send at every length: what is told is right,
// and stays.
func TestSniffReply(t *testing.T) {
	dialects := map[string]Dialect{"framed": Framed, "unframed": Buffered, "header": THeader, "http": HTTP}
	seen := map[Opening]int{}
	bytewise := func(title string, b []byte, want Opening) {
		t.Helper()
		for n := range len(b) + 1 {
			o, ok := SniffReply(b[:n:n])
			if ok && o != want || !ok && n == len(b) {
				t.Fatalf("%s, %d bytes: %s, %t, want %s", title, n, o, ok, want)
			}
		}
		seen[want]++
	}
	for _, v := range thriftVectors(t) {
		d, known := dialects[v.Transport]
		if !known || v.Type != "reply" && v.Type != "exception" || v.Transport == "http" {
			continue
		}
		want := Opening{Dialect: d}
		if d != THeader {
			want.Protocol, want.Old = v.form(t)
		}
		bytewise(v.title(), v.bytes, want)
	}
	for title, c := range map[string]struct {
		b    string
		want Opening
	}{
		"HTTP":           {"HTTP/1.1 400 Bad Request\r\n", Opening{Dialect: HTTP}},
		"a TLS alert":    {"\x15\x03\x03\x00\x02\x02\x46", Opening{Dialect: TLS}},
		"Rdispatch":      {string(frameOf("\xfe\x00\x00\x02\x00\x00\x00")), Opening{Dialect: ThriftMux}},
		"Rping":          {string(frameOf("\xbf\x00\x00\x01")), Opening{Dialect: ThriftMux}},
		"Tdrain":         {string(frameOf("\x40\x00\x00\x01")), Opening{Dialect: ThriftMux}},
		"framed, old":    {string(frameOf("\x00\x00\x00\x04echo\x02\x00\x00\x00\x01\x00")), Opening{Dialect: Framed, Protocol: Binary, Old: true}},
		"unframed, old":  {"\x00\x00\x00\x04echo\x02\x00\x00\x00\x01\x00", Opening{Dialect: Buffered, Protocol: Binary, Old: true}},
		"old, two bytes": {"\x00\x00\x00\x02it\x03\x00\x00\x00\x01\x00", Opening{Dialect: Buffered, Protocol: Binary, Old: true}},
	} {
		bytewise(title, []byte(c.b), c.want)
	}
	for _, b := range []string{"", "ab", "SSH-2.0-x\r\n", "\x80\x01\x00\x01", "\x00\x00\x00\x20\x80\x01\x00\x01", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if o, ok := SniffReply([]byte(b)); ok {
			t.Errorf("%q: %s", b, o)
		}
	}
	if len(seen) < 8 {
		t.Errorf("seen: %v", seen)
	}
}
