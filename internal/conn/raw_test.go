package conn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
)

// pair returns the two ends of a connection over TCP.
func pair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	return a, b
}

// wrapped is a connection that nothing is known of but its methods.
type wrapped struct{ net.Conn }

func TestReader(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"socket": func(c net.Conn) net.Conn { return c },
		"other":  func(c net.Conn) net.Conn { return wrapped{c} },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			var r Reader
			r.Init(wrap(b))
			a.Write([]byte("hello "))
			buf, n, err := r.Read(nil, 100)
			if err != nil || n != 6 || string(buf.B) != "hello " || cap(buf.B) < 100 {
				t.Fatalf("Read = %d, %v", n, err)
			}
			a.Write([]byte("again"))
			same, n, err := r.Read(buf, 100)
			if err != nil || n != 5 || same != buf || string(buf.B) != "hello again" {
				t.Fatalf("the second Read = %d, %v", n, err)
			}
			a.Close()
			if _, n, err := r.Read(buf, 100); n != 0 || err != io.EOF {
				t.Errorf("at the end Read = %d, %v", n, err)
			}
			none, _, err := r.Read(nil, 100)
			if none != nil || err != io.EOF {
				t.Errorf("at the end Read without a buffer gives one: %v, %v", none != nil, err)
			}
			buf.Release()
		})
	}
}

func TestWriterDoesNotWait(t *testing.T) {
	a, b := pair(t)
	var w Writer
	if !w.Init(a) {
		if runtime.GOOS != "windows" {
			t.Fatal("no writing without waiting")
		}
		t.Skip("no writing without waiting on this system")
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	total := 0
	for {
		n, err := w.Write(data)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		total += n
	}
	got := make([]byte, total)
	if _, err := io.ReadFull(b, got); err != nil {
		t.Fatal(err)
	}
	if w.Ended() {
		t.Error("the peer has not ended the connection")
	}
	b.Close()
	for !w.Ended() { // the end is on its way
		a.Read(nil)
	}
	for range 10 {
		if _, err := w.Write(data); err != nil {
			var oe *net.OpError
			if errors.As(err, &oe) {
				t.Errorf("%v is not the system's own error", err)
			}
			return
		}
	}
	t.Error("writing to a closed connection does not fail")
}

func TestWriterTakesSocketsOnly(t *testing.T) {
	a, _ := pair(t)
	var w Writer
	if w.Init(wrapped{a}) {
		t.Error("a connection that is no socket is written to directly")
	}
	if w.Ended() {
		t.Error("something is known of it")
	}
}
