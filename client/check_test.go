package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestDialChecksTheTarget(t *testing.T) {
	for target, want := range map[string]string{
		"localhost:9090":           "",
		"a:1,b:2":                  "",
		"unix:/run/foo":            "",
		"unix:@abstract":           "",
		"[::1]:9090":               "",
		"a:1, unix:/run/foo":       "",
		":9090":                    "",
		"a:65535":                  "",
		"a:http":                   "",
		"thriftmux://a:1,b:2":      "",
		"":                         "no address",
		"localhost":                `address "localhost": missing port in address: want "host:port" or "unix:/path"`,
		"localhost:":               `"localhost:" has no port`,
		"a:1,":                     "no address",
		"unix:":                    `"unix:" names no socket`,
		"unix:@":                   `"unix:@" names no socket`,
		"::1:9090":                 "too many colons",
		"http://x/":                `"http://x/" is a URL`,
		"http://x:80":              `"http://x:80" is a URL`,
		"thriftmux://":             "no address",
		"thriftmux://http://a:1":   "is a URL",
		"a:99999":                  `"a:99999" has no valid port`,
		"a:65536":                  "no valid port",
		"a:0":                      "no valid port",
		"a:-1":                     "no valid port",
		"a:no-such-service-at-all": "no valid port",
		"a:9090/":                  "no valid port",
		"a/b:9090":                 "no valid host",
		"me@a:9090":                "no valid host",
		"a b:9090":                 "no valid host",
		"a:1 b:2":                  "too many colons",
	} {
		_, err := client.Dial(target)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Count(err.Error(), "client: ") != 1) {
			t.Errorf("Dial(%q): %v, want %q", target, err, want)
		}
	}
}

// nothing is a resolver and a balancer that must not be called.
type nothing struct{ client.RoundRobin }

func (*nothing) Watch(string, func([]client.Endpoint, error)) (client.Watcher, error) {
	panic("called")
}

// Each condition on a field is checked before anything is dialed, and the error of
// every call names the field and the value, once.
func TestFieldsAreChecked(t *testing.T) {
	same := func(h mux.Handler) mux.Handler { return h }
	for name, c := range map[string]struct {
		c    *client.Client
		want []string // what the error holds; nothing: it dials
	}{
		"only a target":           {&client.Client{Target: "a:1"}, nil},
		"no target":               {&client.Client{}, []string{`target: no address`}},
		"a mode":                  {&client.Client{Target: "a:1", Mode: 7}, []string{"unknown Mode 7"}},
		"a negative mode":         {&client.Client{Target: "a:1", Mode: -1}, []string{"unknown Mode -1"}},
		"a dialect":               {&client.Client{Target: "a:1", Dialect: 99}, []string{"Dialect dialect(99) is not spoken; want framed, buffered, theader or thriftmux"}},
		"HTTP":                    {&client.Client{Target: "a:1", Dialect: wire.HTTP}, []string{"Dialect http is not spoken"}},
		"a protocol":              {&client.Client{Target: "a:1", Protocol: wire.JSON}, []string{"Protocol json is not spoken; want binary or compact"}},
		"Zlib":                    {&client.Client{Target: "a:1", Zlib: true}, []string{"Zlib requires Dialect theader, not framed"}},
		"Zlib, THeader":           {&client.Client{Target: "a:1", Zlib: true, Dialect: wire.THeader}, nil},
		"a message":               {&client.Client{Target: "a:1", MaxMessageSize: 218_762_506}, []string{"MaxMessageSize 218762506 exceeds the maximum of 218762505"}},
		"a message at the limit":  {&client.Client{Target: "a:1", MaxMessageSize: 218_762_505}, nil},
		"no bound on messages":    {&client.Client{Target: "a:1", MaxMessageSize: -1}, nil},
		"a scheme and a resolver": {&client.Client{Target: "thriftmux://a:1", Resolver: client.Static{{Addr: "a:1"}}}, []string{`"thriftmux://" is for lists of addresses`, "set Dialect"}},
		"a scheme and a dialect":  {&client.Client{Target: "thriftmux://a:1", Dialect: wire.Framed}, []string{`Target "thriftmux://a:1" and Dialect framed contradict`}},
		"a scheme, said twice":    {&client.Client{Target: "thriftmux://a:1", Dialect: wire.ThriftMux}, nil},
		"Negotiate":               {&client.Client{Target: "a:1", Negotiate: true, Dialect: wire.Buffered, ClientID: "me"}, nil},
		"Negotiate what is known": {&client.Client{Target: "a:1", Negotiate: true, Dialect: wire.ThriftMux}, nil},
		"a name":                  {&client.Client{Target: "a:1", ClientID: "me"}, nil},
		"a name for ThriftMux":    {&client.Client{Target: "thriftmux://a:1", ClientID: strings.Repeat("n", 32767)}, nil},
		"a name that is too long": {&client.Client{Target: "thriftmux://a:1", ClientID: strings.Repeat("n", 32768)}, []string{"ClientID of 32768 bytes exceeds the maximum of 32767"}},
		"SlowCall":                {&client.Client{Target: "a:1", SlowCall: time.Second}, nil},
		"SlowCall, Adaptive":      {&client.Client{Target: "a:1", SlowCall: time.Second, Mode: client.Adaptive}, nil},
		"RetryShare":              {&client.Client{Target: "a:1", RetryShare: math.NaN()}, []string{"RetryShare NaN"}},
		"RetryShare, infinite":    {&client.Client{Target: "a:1", RetryShare: math.Inf(1)}, []string{"RetryShare +Inf"}},
		"RetryShare, no bound":    {&client.Client{Target: "a:1", RetryShare: -1, RetryFloor: -1}, nil},
		"backoffs":                {&client.Client{Target: "a:1", MinBackoff: time.Minute}, []string{"MinBackoff 1m0s exceeds MaxBackoff 10s"}},
		"a small MaxBackoff":      {&client.Client{Target: "a:1", MaxBackoff: time.Millisecond}, nil},
		"MaxBackoff, no bound":    {&client.Client{Target: "a:1", MinBackoff: time.Minute, MaxBackoff: -1}, nil},
		"filters":                 {&client.Client{Target: "a:1", Filters: []mux.Filter{same}}, nil},
		"nil filters":             {&client.Client{Target: "a:1", Filters: []mux.Filter{nil, same, nil}}, []string{"Filters[0] is nil", "Filters[2] is nil"}},
		"nil resolver":            {&client.Client{Target: "a:1", Resolver: (*nothing)(nil)}, []string{"Resolver is a nil *client_test.nothing"}},
		"nil balancer":            {&client.Client{Target: "a:1", Balancer: (*nothing)(nil)}, []string{"Balancer is a nil *client_test.nothing"}},
		"endpoints":               {&client.Client{Resolver: client.Static{{Addr: "a:1"}, {Addr: "b:99999"}}}, []string{`endpoint 1: address "b:99999" has no valid port`}},
		"endpoints twice":         {&client.Client{Resolver: client.Static{{Addr: "a:1"}, {Addr: "a:1", ServerName: "b"}}}, []string{`endpoint 1: address "a:1" is listed twice, with ServerName "" and "b"`}},
		"TLS on a socket":         {&client.Client{Target: "unix:/run/x", TLS: new(tls.Config)}, []string{`endpoint "unix:/run/x" has no host to check its certificate for: set TLS.ServerName`}},
		"TLS on a socket, named":  {&client.Client{Target: "unix:/run/x", TLS: &tls.Config{ServerName: "x"}}, nil},
		"several":                 {&client.Client{Target: "a", Zlib: true, Mode: 9, Filters: []mux.Filter{nil}}, []string{"Zlib", "unknown Mode 9", "Filters[0]", "missing port"}},
	} {
		t.Run(name, func(t *testing.T) {
			dialed := errors.New("it was dialed")
			if c.c.Resolver == nil || len(c.want) == 0 {
				c.c.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, dialed }
			}
			c.c.FailFast = true
			err := echo(t.Context(), c.c)
			if len(c.want) == 0 {
				if !errors.Is(err, dialed) {
					t.Errorf("%v", err)
				}
			} else {
				check(t, "call", err, outcome{code: mux.InternalError, notRun: true, text: c.want[0]})
				for _, text := range append(c.want, "client: ") {
					if strings.Count(err.Error(), text) != 1 {
						t.Errorf("%v; want %q once", err, text)
					}
				}
			}
			if err := c.c.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
