package servertest_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"

	"github.com/oneport-thrift/oneport/server/servertest"
)

// room is what a direction holds.
const room = 64 << 10

// pair returns the two ends of a connection, closed when the test ends.
func pair(t *testing.T) (client, server *servertest.Conn) {
	t.Helper()
	l := servertest.Listen()
	client, err := l.Dial()
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server = c.(*servertest.Conn)
	t.Cleanup(func() {
		client.Close()
		server.Close()
		l.Close()
	})
	return client, server
}

func TestConnIsANetConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		client, server := pair(t)
		return client, server, func() { client.Close(); server.Close() }, nil
	})
}

func TestWriteBlocksWhenTheBufferIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		data := bytes.Repeat([]byte("0123456789abcdef"), room/16+1)
		written := false
		go func() {
			client.Write(data)
			written = true
		}()
		synctest.Wait()
		if written {
			t.Fatalf("a write of %d bytes did not block, want room for %d", len(data), room)
		}
		got := make([]byte, len(data))
		if n, err := server.Read(got[:16]); n != 16 || err != nil {
			t.Fatalf("Read = %d, %v, want 16 bytes", n, err)
		}
		synctest.Wait()
		if !written {
			t.Fatal("the write is blocked although there is room")
		}
		if _, err := io.ReadFull(server, got[16:]); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("read other bytes than were written, error %v", err)
		}
	})
}

func TestBlockedWritesDoNotMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		for _, b := range []byte("ab") {
			go client.Write(bytes.Repeat([]byte{b}, room+1))
		}
		synctest.Wait()
		got := make([]byte, 2*(room+1))
		if _, err := io.ReadFull(server, got); err != nil {
			t.Fatal(err)
		}
		if first := got[0]; bytes.Count(got[:room+1], []byte{first}) != room+1 {
			t.Error("the bytes of two writes are mixed")
		}
	})
}

func TestDeadlinesRunInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := pair(t)
		start := time.Now()
		client.SetReadDeadline(start.Add(time.Hour))
		_, err := client.Read(make([]byte, 1))
		wantError(t, "read", err, os.ErrDeadlineExceeded)
		client.SetWriteDeadline(start.Add(2 * time.Hour))
		n, err := client.Write(make([]byte, room+1))
		wantError(t, "write", err, os.ErrDeadlineExceeded)
		if took := time.Since(start); took != 2*time.Hour || n != room {
			t.Errorf("wrote %d bytes in %v, want %d in 2h", n, took, room)
		}
	})
}

func TestMovedDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		start := time.Now()
		client.SetDeadline(start.Add(time.Minute))
		time.AfterFunc(30*time.Second, func() { client.SetDeadline(start.Add(time.Hour)) })
		time.AfterFunc(30*time.Minute, func() { server.Write([]byte("late")) })
		if n, err := client.Read(make([]byte, 8)); n != 4 || err != nil {
			t.Errorf("Read = %d, %v, want 4 bytes", n, err)
		}
	})
}

func TestHalfClose(t *testing.T) {
	client, server := pair(t)
	client.Write([]byte("question"))
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_, err := client.Write([]byte("more"))
	wantError(t, "write after CloseWrite", err, syscall.EPIPE)
	if got, err := io.ReadAll(server); string(got) != "question" || err != nil {
		t.Errorf("the server read %q, %v", got, err)
	}
	server.Write([]byte("answer"))
	server.Close()
	if got, err := io.ReadAll(client); string(got) != "answer" || err != nil {
		t.Errorf("the client read %q, %v", got, err)
	}
}

func TestClose(t *testing.T) {
	client, server := pair(t)
	client.Write([]byte("bye"))
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for op, err := range map[string]error{
		"close":       client.Close(),
		"CloseWrite":  client.CloseWrite(),
		"SetDeadline": client.SetDeadline(time.Time{}),
		"read":        errorOf(client.Read(make([]byte, 1))),
		"write":       errorOf(client.Write(make([]byte, 1))),
	} {
		wantError(t, op+" at the closed end", err, net.ErrClosed)
	}
	_, err := server.Write([]byte("?"))
	wantError(t, "write at the other end", err, syscall.EPIPE)
	if got, err := io.ReadAll(server); string(got) != "bye" || err != nil {
		t.Errorf("read %q, %v, want what was written before the close", got, err)
	}
}

func TestCloseWithUnreadBytesIsAReset(t *testing.T) {
	client, server := pair(t)
	server.Write([]byte("the last answer"))
	client.Write([]byte("one more call"))
	server.Close()
	_, err := client.Read(make([]byte, 1))
	wantError(t, "read", err, syscall.ECONNRESET)
}

func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		client.Write([]byte("lost"))
		errs := make(chan error, 1)
		go func() { errs <- errorOf(server.Write(make([]byte, room+1))) }()
		synctest.Wait()
		client.Reset()
		client.Reset()
		wantError(t, "blocked write", <-errs, syscall.ECONNRESET)
		_, err := server.Read(make([]byte, 4))
		wantError(t, "read", err, syscall.ECONNRESET)
		_, err = client.Read(make([]byte, 4))
		wantError(t, "read at the end that did it", err, net.ErrClosed)
		if err := server.Close(); err != nil {
			t.Errorf("close after a reset: %v", err)
		}
	})
}

func errorOf(_ int, err error) error { return err }

func wantError(t *testing.T, op string, err, want error) {
	t.Helper()
	var oe *net.OpError
	if !errors.Is(err, want) || !errors.As(err, &oe) {
		t.Errorf("%s: error %v, want a *net.OpError around %v", op, err, want)
	}
}
