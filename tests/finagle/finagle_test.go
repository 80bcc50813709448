package finagle

import "testing"

// TestFinaglesClients runs every case of Finagle's clients against oneport.
func TestFinaglesClients(t *testing.T) {
	program := build(t, "client")
	server := buildFoobar(t)
	report(t, "RAN", "com.twitter:finagle-thriftmux_2.13:22.7.0: ThriftMux and plain Thrift, both sides")

	for _, name := range []string{"calls", "names", "fragments", "ping"} {
		t.Run(name, func(t *testing.T) {
			f := startFoobar(t, server)
			startClient(t, program, name, f.addr).wantOK()
			if n := f.lines(`"dialect":"thriftmux"`); n == 0 {
				t.Errorf("no call came by ThriftMux:\n%s", f.said())
			}
		})
	}
	t.Run("cancel", func(t *testing.T) {
		f := startFoobar(t, server)
		startClient(t, program, "cancel", f.addr).wantOK()
		if f.lines(`"method":"slow"`, `"outcome":"canceled"`, "the client took the call back") == 0 {
			t.Errorf("no call was taken back:\n%s", f.said())
		}
		// The log leaves lines out; the metrics count all.
		f.wantHandled(t, "slow", "canceled", 20)
	})
	t.Run("deadline", func(t *testing.T) {
		f := startFoobar(t, server)
		startClient(t, program, "deadline", f.addr).wantOK()
		if n := f.lines(`"method":"slow"`); n != 1 {
			t.Errorf("%d slow calls ran, want 1: the other's deadline had passed", n)
		}
		if n := f.lines(`"method":"slow"`, `"outcome":"deadline exceeded"`); n != 1 {
			t.Errorf("the deadline did not end the call:\n%s", f.said())
		}
	})
	t.Run("plain", func(t *testing.T) {
		f := startFoobar(t, server)
		startClient(t, program, "plain", f.addr).wantOK()
		if n := f.lines(`"dialect":"framed binary"`, `"outcome":"ok"`); n != 200 {
			t.Errorf("%d calls came as framed binary, want 200", n)
		}
		if n := f.lines(`"level":"warn"`) + f.lines(`"level":"error"`) + f.lines("__can__"); n > 0 {
			t.Errorf("the probe is in the log:\n%s", f.said())
		}
	})
	t.Run("nack", func(t *testing.T) { testNack(t, program) })
	t.Run("drain", func(t *testing.T) { testDrain(t, program) })
}
