package client_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// A server that answers in another dialect or protocol than the client's is known
// by its first bytes, at once: the calls fail with what it speaks, and the field to
// change. This is so for every pair.
func TestAnswersInOtherDialects(t *testing.T) {
	type answer struct {
		name  string
		bytes []byte
		is    wire.Opening
	}
	answers := []answer{
		{"HTTP", []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), wire.Opening{Dialect: wire.HTTP}},
		{"a TLS alert", []byte("\x15\x03\x03\x00\x02\x02\x46"), wire.Opening{Dialect: wire.TLS}},
	}
	for _, s := range spoken {
		for _, kind := range []wire.Type{wire.Reply, wire.Exception} {
			is := wire.Opening{Dialect: s.dialect, Protocol: s.protocol}
			answers = append(answers, answer{fmt.Sprintf("%v %v", is, kind), named(s.dialect, s.protocol, false, kind, "echo", 1), is})
			if s.protocol == wire.Binary && (s.dialect == wire.Framed || s.dialect == wire.Buffered) {
				answers = append(answers, answer{fmt.Sprintf("%v %v, old", is, kind), named(s.dialect, s.protocol, true, kind, "echo", 1), is})
			}
		}
	}
	answers = append(answers, answer{"unframed json", []byte(`[1,"echo",2,1,{"0":{"str":"x"}}]`), wire.Opening{Dialect: wire.Buffered, Protocol: wire.JSON}})
	for _, s := range spoken {
		for _, a := range answers {
			if s.dialect == wire.ThriftMux || a.is.Dialect == s.dialect && (a.is.Protocol == s.protocol || s.dialect != wire.Buffered) {
				continue
			}
			t.Run(fmt.Sprintf("%v %v/%s", s.dialect, s.protocol, a.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					st := playInMemory(func(p *peer) {
						if _, err := p.Read(make([]byte, 4096)); err == nil {
							p.Write(a.bytes)
							p.swallow()
						}
					})
					c := st.client(&client.Client{Dialect: s.dialect, Protocol: s.protocol})
					start := time.Now()
					err := echo(t.Context(), c)
					var e *client.Error
					if !errors.As(err, &e) || e.Code != mux.InternalError || e.NotRun != mux.MayHaveRun || time.Since(start) != 0 {
						t.Fatalf("after %v: %v", time.Since(start), err)
					}
					for _, text := range mismatchTexts(s.dialect, s.protocol, a.is) {
						if strings.Count(err.Error(), text) != 1 {
							t.Errorf("%v; want %q", err, text)
						}
					}
					c.Close(t.Context())
					st.end()
				})
			})
		}
	}
}

// mismatchTexts are what the failure says once.
func mismatchTexts(d wire.Dialect, p wire.Protocol, is wire.Opening) []string {
	name := func(d wire.Dialect) string {
		if d == wire.Buffered {
			return "unframed"
		}
		return d.String()
	}
	switch is.Dialect {
	case wire.HTTP:
		return []string{`in HTTP, which this client does not speak ("HTTP/1.1 404 Not Found")`, "; Dialect is " + name(d)}
	case wire.TLS:
		return []string{"with a TLS record; TLS is not set"}
	}
	texts := []string{"the server answers in " + name(is.Dialect)}
	if is.Dialect != d {
		texts = append(texts, "; Dialect is "+name(d))
	}
	if is.Protocol != p && is.Dialect != wire.THeader && is.Dialect != wire.ThriftMux {
		texts = append(texts, " "+is.Protocol.String(), "; Protocol is "+p.String())
	}
	return texts
}

// What is no Thrift at all is shown, with a guess.
func TestAnswersOfOthers(t *testing.T) {
	for answer, text := range map[string]string{
		"SSH-2.0-OpenSSH_9.2\r\n":  "begins with 53 53 48 2d 32 2e 30 2d 4f 70 65 6e 53 53 48 5f (SSH)",
		"220 mail.example ESMTP\r": "(printable text)",
		"\xff\xff\xff\xff":         "begins with ff ff ff ff: ",
	} {
		synctest.Test(t, func(t *testing.T) {
			st := playInMemory(first(9, func(p *peer, _ int32) {
				p.Write([]byte(answer))
				p.swallow()
			}))
			c := st.client(&client.Client{})
			check(t, "call", echo(t.Context(), c), lost(text))
			c.Close(t.Context())
			st.end()
		})
	}
}

// A server that does not negotiate ThriftMux is told by what it answers.
func TestAnswersToMuxClients(t *testing.T) {
	for name, c := range map[string]struct{ answer, text string }{
		"framed":     {string(named(wire.Framed, wire.Binary, false, wire.Exception, "", 0)), "the server answers in framed binary"},
		"compact":    {string(named(wire.Framed, wire.Compact, false, wire.Exception, "", 0)), "the server answers in framed compact"},
		"unframed":   {string(named(wire.Buffered, wire.Binary, false, wire.Exception, "", 0)), "the server answers in unframed binary"},
		"THeader":    {string(named(wire.THeader, wire.Binary, false, wire.Exception, "", 0)), "the server answers in theader"},
		"HTTP":       {"HTTP/1.1 400 Bad Request\r\n\r\n", "the server answers in HTTP"},
		"TLS":        {"\x15\x03\x03\x00\x02\x02\x46", "the server answers with a TLS record"},
		"an old one": {string(thriftmux.AppendRerr(nil, 1, "what?")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := func(p *peer) {
				p.frame()
				io.WriteString(p, c.answer)
				p.serveAll()
			}
			onStage(t, s, &client.Client{FailFast: true, Target: "x"}, func(t *testing.T, cl *client.Client, _ *stage) {
				err := echo(t.Context(), cl)
				if c.text == "" && err != nil || c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)) {
					t.Errorf("%v, want %q", err, c.text)
				}
			})
		})
	}
}

// A client that wants TLS is told of a server that does not speak it.
func TestAnswersWithoutTLS(t *testing.T) {
	for answer, text := range map[string]string{
		"HTTP/1.1 400 Bad Request\r\n\r\n":                                    "the server answers in HTTP, which this client does not speak (\"HTTP/\") without TLS; TLS is set",
		string(named(wire.Framed, wire.Binary, false, wire.Exception, "", 0)): "the server answers without TLS (first bytes 00 00 00",
		string(named(wire.Buffered, wire.Binary, false, wire.Reply, "x", 0)):  "the server answers in unframed binary without TLS; TLS is set",
	} {
		synctest.Test(t, func(t *testing.T) {
			st := playInMemory(func(p *peer) {
				p.Read(make([]byte, 4096))
				io.WriteString(p, answer)
				p.swallow()
			})
			c := st.client(&client.Client{FailFast: true, TLS: &tls.Config{ServerName: "x"}})
			err := echo(t.Context(), c)
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%v, want %q", err, text)
			}
			c.Close(t.Context())
			st.end()
		})
	}
}

// The dialect inside a TLS session is guessed at as well.
func TestTLSInsideTLS(t *testing.T) {
	cert, pool := certificate(t)
	st := playOverTCP(t, func(p *peer) {
		session := tls.Server(p.Conn, &tls.Config{Certificates: []tls.Certificate{cert}})
		session.Read(make([]byte, 4096))
		session.Write([]byte("\x15\x03\x03\x00\x02\x02\x46"))
		io.Copy(io.Discard, session)
	})
	c := st.client(&client.Client{TLS: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}})
	check(t, "call", echo(t.Context(), c), lost("a TLS record inside TLS; TLS is set"))
	c.Close(t.Context())
	st.end()
}
