package client_test

import (
	"net"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/client"
)

// TestADialThatFailsNamesTheAddressOnce: the network's own error names it already.
func TestADialThatFailsNamesTheAddressOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close() // nobody listens there any more
	c := &client.Client{Target: addr, FailFast: true}
	defer c.Close(t.Context())
	err = echo(t.Context(), c)
	if err == nil || strings.Count(err.Error(), addr) != 1 || strings.Count(err.Error(), "dial") != 1 {
		t.Errorf("%v, want one mention of %s", err, addr)
	}
}
