package protocol_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// vector is one message as real runtimes wrote it.
type vector struct {
	Name     string
	Protocol string // binary, binary-nonstrict, compact
	Type     string
	SeqID    int32
	Method   string
	Hex      string
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) == 0 {
		t.Fatal("testdata/messages.json holds no vectors")
	}
	return vs
}

func (v vector) bytes(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	return b
}

func (v vector) format() format {
	if v.Protocol == "compact" {
		return compactFormat
	}
	return binaryFormat
}

var messageTypes = map[string]thrift.TMessageType{
	"call": thrift.CALL, "reply": thrift.REPLY, "exception": thrift.EXCEPTION, "oneway": thrift.ONEWAY,
}

func (v vector) message() protocol.Message {
	return protocol.Message{Name: v.Method, Type: messageTypes[v.Type], SeqID: v.SeqID}
}

// body is the struct that the vectors' makers wrote in messages of that name.
func (v vector) body() value {
	str := func(id int16, s string) field { return field{id, value{Type: thrift.STRING, Bytes: s}} }
	i32 := func(id int16, n int64) field { return field{id, value{Type: thrift.I32, Int: n}} }
	var fields []field
	switch v.Name {
	case "call-mux-args":
		fields = []field{{1, value{Type: thrift.I64, Int: 5}}, i32(2, -1)}
	case "oneway-mux":
		fields = []field{str(1, "k"), i32(2, 1)}
	case "reply":
		fields = []field{str(0, "Alpha")}
	case "exception":
		fields = []field{str(1, "no such method"), i32(2, 1)}
	}
	return value{Type: thrift.STRUCT, Fields: fields}
}

func TestMessagesOfRealRuntimesAreRead(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.Protocol+"/"+v.Name, func(t *testing.T) {
			p := v.format().codec(0)
			p.Reset(v.bytes(t), nil)
			name, typeID, seqID, err := p.ReadMessageBegin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := (protocol.Message{Name: name, Type: typeID, SeqID: seqID}); got != v.message() {
				t.Errorf("header %+v, want %+v", got, v.message())
			}
			body, err := readValue(t.Context(), p, thrift.STRUCT)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(body, v.body()) {
				t.Errorf("body %+v, want %+v", body, v.body())
			}
			if err := p.ReadMessageEnd(t.Context()); err != nil || len(p.Rest()) != 0 {
				t.Errorf("ReadMessageEnd: %v, %d bytes left", err, len(p.Rest()))
			}
		})
	}
}

func TestMessagesAreWrittenAsRealRuntimesDo(t *testing.T) {
	for _, v := range loadVectors(t) {
		if v.Protocol == "binary-nonstrict" {
			continue // only read: the runtime writes the strict form too
		}
		t.Run(v.Protocol+"/"+v.Name, func(t *testing.T) {
			p := v.format().codec(0)
			p.Reset(nil, []byte("kept"))
			writeMessage(t, p, v.message(), v.body())
			if want := append([]byte("kept"), v.bytes(t)...); !bytes.Equal(p.Out(), want) {
				t.Errorf("wrote %x, want %x", p.Out(), want)
			}
			if m, written := p.Message(); !written || m != v.message() {
				t.Errorf("Message() = %+v, %v, want %+v", m, written, v.message())
			}
		})
	}
}

// TestBodiesWithHeadersOutOfBand wants ResetBody to read and write what is behind the header.
func TestBodiesWithHeadersOutOfBand(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.Protocol+"/"+v.Name, func(t *testing.T) {
			p := v.format().codec(0)
			p.Reset(v.bytes(t), nil)
			if _, _, _, err := p.ReadMessageBegin(t.Context()); err != nil {
				t.Fatal(err)
			}
			body := p.Rest()

			in := protocol.Message{Name: "in", Type: thrift.CALL, SeqID: 12}
			p.ResetBody(in, body, []byte("kept"))
			if m, written := p.Message(); written || m != (protocol.Message{}) {
				t.Errorf("Message() after a reset = %+v, %v", m, written)
			}
			name, typeID, seqID, err := p.ReadMessageBegin(t.Context())
			if got := (protocol.Message{Name: name, Type: typeID, SeqID: seqID}); err != nil || got != in {
				t.Errorf("ReadMessageBegin = %+v, %v, want %+v", got, err, in)
			}
			if len(p.Rest()) != len(body) {
				t.Errorf("ReadMessageBegin left %d bytes of %d", len(p.Rest()), len(body))
			}
			if got, err := readValue(t.Context(), p, thrift.STRUCT); err != nil || !reflect.DeepEqual(got, v.body()) {
				t.Errorf("body %+v, %v, want %+v", got, err, v.body())
			}
			writeMessage(t, p, v.message(), v.body())
			if want := "kept" + string(body); string(p.Out()) != want {
				t.Errorf("wrote %x, want %x", p.Out(), want)
			}
			if m, written := p.Message(); !written || m != v.message() {
				t.Errorf("Message() = %+v, %v, want %+v", m, written, v.message())
			}
		})
	}
}

// TestMessagesBehindEachOther wants Reset to serve a stream's bytes until their end.
func TestMessagesBehindEachOther(t *testing.T) {
	vs := loadVectors(t)
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			var in []byte
			var want []protocol.Message
			for _, v := range vs {
				if strings.HasPrefix(v.Protocol, f.name) {
					in, want = append(in, v.bytes(t)...), append(want, v.message())
				}
			}
			p := f.codec(0)
			p.Reset(in, nil)
			for _, w := range want {
				name, typeID, seqID, err := p.ReadMessageBegin(t.Context())
				if got := (protocol.Message{Name: name, Type: typeID, SeqID: seqID}); err != nil || got != w {
					t.Fatalf("ReadMessageBegin = %+v, %v, want %+v", got, err, w)
				}
				if err := p.Skip(t.Context(), thrift.STRUCT); err != nil {
					t.Fatal(err)
				}
			}
			_, _, _, err := p.ReadMessageBegin(t.Context())
			wantEnd(t, err)
		})
	}
}

func writeMessage(t testing.TB, p thrift.TProtocol, m protocol.Message, body value) {
	t.Helper()
	ctx := t.Context()
	err := first(
		p.WriteMessageBegin(ctx, m.Name, m.Type, m.SeqID),
		body.write(ctx, p),
		p.WriteMessageEnd(ctx),
		p.Flush(ctx),
	)
	if err != nil {
		t.Fatal(err)
	}
}
