package mux_test

import (
	"os"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// TestMain turns the runtime's connectivity check off, as programs should; the
// tests about it turn it on.
func TestMain(m *testing.M) {
	thrift.ServerConnectivityCheckInterval = 0
	os.Exit(m.Run())
}
