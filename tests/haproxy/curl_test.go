package haproxy

import (
	"os/exec"
	"strings"
	"testing"
)

// curl runs curl, which prints the body and the status behind it.
func curl(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, append([]string{"-sS", "--max-time", "10", "-w", " %{http_code}"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("curl %q: %v\n%s", args, err, out)
	}
	return string(out)
}

const jsonCall = `[1,"BarApi:reverse",1,7,{"1":{"str":"abc"}}]`

func TestCurl(t *testing.T) {
	program := need(t, "curl", "a JSON call, health, a form from elsewhere, a client certificate")
	a := newAuthority(t)
	f := startFoobar(t, "-tls-cert", a.server, "-tls-key", a.server, "-tls-client-ca", a.own, "-tls", "optional")
	at, secure := "http://"+f.addr, "https://"+f.addr
	certified := []string{"--cacert", a.own, "--cert", a.client}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"a JSON call", []string{"-H", "Content-Type: application/x-thrift", "-d", jsonCall, at}, `[1,"reverse",2,7,{"0":{"str":"cba"}}] 200`},
		{"a JSON call by name", []string{"-H", "Content-Type: application/vnd.apache.thrift.json", "-d", jsonCall, at + "/any/path"}, `[1,"reverse",2,7,{"0":{"str":"cba"}}] 200`},
		{"a JSON call in TLS", append(certified, "-H", "Content-Type: application/x-thrift", "-d", jsonCall, secure), `[1,"reverse",2,7,{"0":{"str":"cba"}}] 200`},
		{"health", []string{at + "/healthz"}, "ok\n 200"},
		{"health in TLS", append(certified, secure+"/healthz"), "ok\n 200"},
		{"readiness", []string{at + "/readyz"}, "ok\n 200"},
		{"no call", []string{at}, "405"},
		{"a form", []string{"-d", "a=b", at}, "415"},
		{"a browser's form from elsewhere", []string{"-H", "Origin: https://elsewhere.example", "-H", "Sec-Fetch-Site: cross-site", "-d", "a=b", at}, "403"},
		{"a call from elsewhere", []string{"-H", "Origin: https://elsewhere.example", "-H", "Content-Type: application/x-thrift", "-d", jsonCall, at}, "403"},
	} {
		if got := curl(t, program, c.args...); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: %q, want %q at its end", c.name, got, c.want)
		}
	}
	out, err := exec.Command(program, "-sS", "--max-time", "10", "--cacert", a.own, secure+"/healthz").CombinedOutput()
	if err == nil {
		t.Errorf("a client without certificate got %q", out)
	}
	calls, certain := 0, 0
	for _, l := range f.stop(t) {
		if l.Msg != "call" {
			continue
		}
		calls++
		if l.Identity == "worker-7" && l.Dialect == "http" {
			certain++
		}
	}
	if calls != 3 || certain != 1 {
		t.Errorf("%d calls in the log, %d by worker-7; want 3 and 1", calls, certain)
	}
}
