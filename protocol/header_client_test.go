package protocol_test

import (
	"context"
	"encoding/binary"
	"io"
	"maps"
	"net"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// answerHeaders answers THeader calls under any service's name with "NAME HEADER", and sends
// back the header "n" as "was", until the connection ends or it has answered so many.
func answerHeaders(c net.Conn, conf *thrift.TConfiguration, replies int) error {
	p := thrift.NewTHeaderProtocolConf(thrift.NewTSocketFromConnConf(c, conf), conf)
	ctx := context.Background()
	for range replies {
		name, _, seqID, err := p.ReadMessageBegin(ctx)
		if err != nil {
			return err
		}
		if err := p.Skip(ctx, thrift.STRUCT); err != nil {
			return err
		}
		h := p.GetReadHeaders()
		p.ClearWriteHeaders()
		if n, ok := h["n"]; ok {
			p.SetWriteHeader("was", n)
		}
		result := bar.BarApiEchoResult{Success: thrift.StringPtr(name + " " + h["n"])}
		if err := first(p.WriteMessageBegin(ctx, "echo", thrift.REPLY, seqID), result.Write(ctx, p), p.WriteMessageEnd(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// withHeader lists a header of the call.
func withHeader(ctx context.Context, key, value string) context.Context {
	return thrift.SetWriteHeaderList(thrift.SetHeader(ctx, key, value), []string{key})
}

func TestHeaderClient(t *testing.T) {
	zlib := []thrift.THeaderTransformID{thrift.TransformZlib}
	compact := thrift.THeaderProtocolIDPtrMust(thrift.THeaderProtocolCompact)
	for name, conf := range map[string]*thrift.TConfiguration{
		"binary": nil, "compact": {THeaderProtocolID: compact}, "zlib": {THeaderProtocolID: compact, THeaderTransforms: zlib},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			ended := make(chan error, 1)
			go func() {
				defer theirs.Close()
				ended <- answerHeaders(theirs, nil, 4)
			}()
			p := thrift.NewTHeaderProtocolConf(thrift.NewTSocketFromConnConf(ours, conf), conf)
			fooClient := foo.NewFooApiClient(protocol.NewHeaderClient("FooApi", p))
			barClient := bar.NewBarApiClient(protocol.NewHeaderClient("BarApi", p))
			bareClient := foo.NewFooApiClient(protocol.NewHeaderClient("", p))

			check := func(got string, err error, meta thrift.ResponseMeta, want string, headers thrift.THeaderMap) {
				t.Helper()
				if err != nil || got != want || !maps.Equal(meta.Headers, headers) {
					t.Errorf("%q, %v, headers %v, want %q and %v", got, err, meta.Headers, want, headers)
				}
			}
			got, err := fooClient.Echo(withHeader(t.Context(), "n", "1"), "x")
			check(got, err, fooClient.LastResponseMeta_(), "FooApi:echo 1", thrift.THeaderMap{"was": "1"})
			got, err = barClient.Echo(withHeader(t.Context(), "n", "2"), "x")
			check(got, err, barClient.LastResponseMeta_(), "BarApi:echo 2", thrift.THeaderMap{"was": "2"})
			got, err = barClient.Echo(t.Context(), "x")
			check(got, err, barClient.LastResponseMeta_(), "BarApi:echo ", nil)
			got, err = bareClient.Echo(withHeader(t.Context(), "n", "4"), "x")
			check(got, err, bareClient.LastResponseMeta_(), "echo 4", thrift.THeaderMap{"was": "4"})

			if err := <-ended; err != nil {
				t.Error(err)
			}
			_, err = bareClient.Echo(t.Context(), "x")
			if meta := bareClient.LastResponseMeta_(); err == nil || meta.Headers != nil {
				t.Errorf("after the end: %v, headers %v", err, meta.Headers)
			}
		})
	}
}

// TestHeaderClientWithoutAReply has the connection end between call and reply: the headers of the
// reply before must not pass for this one's.
func TestHeaderClientWithoutAReply(t *testing.T) {
	ours, theirs := net.Pipe()
	p := thrift.NewTHeaderProtocolConf(thrift.NewTSocketFromConnConf(ours, nil), nil)
	c := protocol.NewHeaderClient("FooApi", p)
	ended := make(chan error, 1)
	go func() {
		defer theirs.Close()
		err := answerHeaders(theirs, nil, 1)
		var size [4]byte
		_, err2 := io.ReadFull(theirs, size[:])
		_, err3 := io.CopyN(io.Discard, theirs, int64(binary.BigEndian.Uint32(size[:])))
		ended <- first(err, err2, err3)
	}()
	if _, err := foo.NewFooApiClient(c).Echo(withHeader(t.Context(), "n", "1"), "x"); err != nil {
		t.Fatal(err)
	}
	meta, err := c.Call(t.Context(), "echo", &foo.FooApiEchoArgs{}, &foo.FooApiEchoResult{})
	if err == nil || meta.Headers != nil {
		t.Errorf("%v, headers %v", err, meta.Headers)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestHeaderClientOneway wants no waiting for a reply.
func TestHeaderClientOneway(t *testing.T) {
	ours, theirs := net.Pipe()
	read := make(chan string, 1)
	go func() {
		p := thrift.NewTHeaderProtocolConf(thrift.NewTSocketFromConnConf(theirs, nil), nil)
		name, _, _, _ := p.ReadMessageBegin(context.Background())
		read <- name
	}()
	p := thrift.NewTHeaderProtocolConf(thrift.NewTSocketFromConnConf(ours, nil), nil)
	if err := foo.NewFooApiClient(protocol.NewHeaderClient("FooApi", p)).Note(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if name := <-read; name != "FooApi:note" {
		t.Errorf("sent %q", name)
	}
	ours.Close()
}
