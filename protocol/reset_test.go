package protocol_test

import (
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// TestResetForgetsAll leaves a codec in the middle of everything, as a stub does after an error, and
// wants it as good as new after either reset.
func TestResetForgetsAll(t *testing.T) {
	resets := map[string]func(codec, []byte){
		"Reset":     func(p codec, in []byte) { p.Reset(in, nil) },
		"ResetBody": func(p codec, in []byte) { p.ResetBody(protocol.Message{}, in, nil) },
	}
	for _, f := range formats {
		in := encode(t, f, nested(64, nestingTypes...))
		boolean := encode(t, f, value{Type: thrift.STRUCT, Fields: []field{{9, value{Type: thrift.BOOL, Bool: true}}}})
		for name, reset := range resets {
			t.Run(f.name+"/"+name, func(t *testing.T) {
				p := f.codec(0)
				p.ResetBody(protocol.Message{Name: "old", SeqID: 4}, boolean, nil)
				leaveOpen(t, p)
				reset(p, in)
				if m, written := p.Message(); written || m != (protocol.Message{}) {
					t.Errorf("Message() = %+v, %v", m, written)
				}
				if len(p.Out()) != 0 || len(p.Rest()) != len(in) {
					t.Errorf("%d bytes written, %d of %d to read", len(p.Out()), len(p.Rest()), len(in))
				}
				if err := nested(64, nestingTypes...).write(t.Context(), p); err != nil || string(p.Out()) != string(in) {
					t.Errorf("wrote %x, %v, want %x", p.Out(), err, in)
				}
				if _, err := readValue(t.Context(), p, nested(64, nestingTypes...).Type); err != nil {
					t.Errorf("reading: %v", err)
				}
			})
		}
	}
}

// leaveOpen begins a message, a struct and a bool field, reading and writing.
func leaveOpen(t *testing.T, p codec) {
	t.Helper()
	ctx := t.Context()
	_, _, _, err1 := p.ReadMessageBegin(ctx)
	_, err2 := p.ReadStructBegin(ctx)
	_, _, _, err3 := p.ReadFieldBegin(ctx)
	err := first(err1, err2, err3,
		p.WriteMessageBegin(ctx, "old", thrift.REPLY, 4),
		p.WriteStructBegin(ctx, ""), p.WriteFieldBegin(ctx, "", thrift.I32, 9), p.WriteI32(ctx, 1),
		p.WriteFieldBegin(ctx, "", thrift.BOOL, 10))
	if err != nil {
		t.Fatal(err)
	}
}

// TestHeadersAreInBandAgainAfterReset wants Reset to undo ResetBody.
func TestHeadersAreInBandAgainAfterReset(t *testing.T) {
	for _, v := range loadVectors(t) {
		p := v.format().codec(0)
		p.ResetBody(protocol.Message{Name: "old"}, nil, nil)
		p.Reset(v.bytes(t), nil)
		name, _, _, err := p.ReadMessageBegin(t.Context())
		if err != nil || name != v.Method {
			t.Errorf("%s/%s: name %q, %v, want %q", v.Protocol, v.Name, name, err, v.Method)
		}
		writeMessage(t, p, v.message(), v.body())
		if v.Protocol != "binary-nonstrict" && string(p.Out()) != string(v.bytes(t)) {
			t.Errorf("%s/%s: wrote %x, want %s", v.Protocol, v.Name, p.Out(), v.Hex)
		}
	}
}

// TestCompactResetForgetsFields wants neither open structs nor a bool's value from before a reset.
func TestCompactResetForgetsFields(t *testing.T) {
	ctx := t.Context()
	boolean := encode(t, compactFormat, value{Type: thrift.STRUCT, Fields: []field{{9, value{Type: thrift.BOOL, Bool: true}}}})
	p := compactFormat.codec(0)
	p.ResetBody(protocol.Message{}, boolean, nil)
	leaveOpen(t, p)
	p.Reset([]byte{2}, nil)
	if v, err := p.ReadBool(ctx); v || err != nil || len(p.Rest()) != 0 {
		t.Errorf("ReadBool = %v, %v, %d bytes left", v, err, len(p.Rest()))
	}
	if err := p.WriteBool(ctx, true); err != nil || string(p.Out()) != "\x01" {
		t.Errorf("WriteBool wrote %x, %v", p.Out(), err)
	}
	wantClass(t, p.ReadStructEnd(ctx), thrift.INVALID_DATA)
	wantClass(t, p.WriteStructEnd(ctx), thrift.INVALID_DATA)
}
