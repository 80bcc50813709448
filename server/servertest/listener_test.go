package servertest_test

import (
	"net"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/oneport-thrift/oneport/server/servertest"
)

func TestAcceptsInTheOrderOfDialing(t *testing.T) {
	l := servertest.Listen()
	for range 2 {
		if _, err := l.Dial(); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"client 1", "client 2"} {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.RemoteAddr().String(); got != want {
			t.Errorf("accepted %q, want %q", got, want)
		}
		if got := c.LocalAddr(); got != l.Addr() {
			t.Errorf("the local address is %v, want %v", got, l.Addr())
		}
	}
}

func TestDialBlocksWhenTheBacklogIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := servertest.Listen()
		dialed := 0
		go func() {
			for ; dialed < 200; dialed++ {
				l.Dial()
			}
		}()
		synctest.Wait()
		if dialed != 128 {
			t.Errorf("%d connections wait for Accept, want 128", dialed)
		}
		for range 200 {
			l.Accept()
		}
	})
}

func TestCloseListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := servertest.Listen()
		accepted, _ := l.Dial()
		server, _ := l.Accept()
		errs := make(chan error, 1)
		go func() {
			_, err := l.Accept()
			errs <- err
		}()
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		wantError(t, "blocked Accept", <-errs, net.ErrClosed)
		wantError(t, "second Close", l.Close(), net.ErrClosed)
		_, err := l.Dial()
		wantError(t, "Dial", err, syscall.ECONNREFUSED)
		if _, err := accepted.Write([]byte("x")); err != nil {
			t.Errorf("the connection that was accepted: %v", err)
		}
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Errorf("the connection that was accepted: %v", err)
		}
	})
}

func TestCloseListenerResetsWhatWasNotAccepted(t *testing.T) {
	l := servertest.Listen()
	c, err := l.Dial()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = c.Read(make([]byte, 1))
	wantError(t, "read", err, syscall.ECONNRESET)
}
