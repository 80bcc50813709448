package server_test

import (
	"bufio"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// FuzzHeaderFrames sends any bytes behind a good THeader call. The good call is
// answered, and whatever comes after its answer is whole frames up to the end.
func FuzzHeaderFrames(f *testing.F) {
	for _, form := range headerForms {
		body := form.codec(nil)
		if err := (&bar.BarApiEchoArgs{Msg: "x"}).Write(f.Context(), body); err != nil {
			f.Fatal(err)
		}
		call := msg{typ: wire.Call, name: "BarApi:echo", seqid: 2, body: body.Out()}
		f.Add(form.bytes(call))
		call.flags = theader.FlagOutOfOrder
		f.Add(append(form.bytes(call), form.bytes(msg{typ: wire.Oneway, name: "FooApi:note", body: body.Out()})...))
	}
	f.Add(headerFrame(5, []byte{0, 1, 3}, nil))
	f.Add(append(make([]byte, 12), cppClose(2)...))
	f.Add(headerFrame(5, []byte{0, 1, 1}, theader.Deflate(nil, make([]byte, 1<<20))))
	f.Add(headerFrame(5, []byte{0, 0, 1, 1, 1, 'k', 1, 'v'}, wholeCall(wire.Binary, "BarApi:echo", 5, "\x0b")))
	srv := &server.Server{Handler: fooAndBar(), ErrorLog: slog.New(slog.DiscardHandler), MaxMessageSize: 1 << 16, MaxBytes: 1 << 20}
	f.Cleanup(func() { srv.Close() })
	good := headerForms[0].bytes(msg{typ: wire.Call, name: "BarApi:echo", seqid: 1, body: []byte{0}})

	f.Fuzz(func(t *testing.T, b []byte) {
		l := servertest.Listen()
		client, err1 := l.Dial()
		end, err2 := l.Accept()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		ended := make(chan error, 1)
		go func() { ended <- srv.ServeConn(end) }()
		go func() { // ends with the connection
			client.Write(good)
			client.Write(b)
			client.CloseWrite()
		}()
		client.SetReadDeadline(time.Now().Add(10 * time.Second))
		s := &speaker{t: t, form: headerForms[0], Conn: client, r: bufio.NewReader(client)}
		for i := 0; ; i++ {
			s.zlib = i > 0 // only then may it be compressed
			m, err := s.read()
			if err == io.EOF && i > 0 {
				break
			}
			if err != nil || i == 0 && m.seqid != 1 {
				t.Fatalf("reply %d: %+v, %v", i, m, err)
			}
		}
		client.Close()
		<-ended
	})
}
