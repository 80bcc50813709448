package protocol_test

import (
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// TestAllocations wants nothing allocated but the strings and slices that go to the caller.
func TestAllocations(t *testing.T) {
	ctx := t.Context()
	body := value{Type: thrift.STRUCT, Fields: []field{
		{1, value{Type: thrift.BOOL, Bool: true}},
		{2, value{Type: thrift.I64, Int: 1 << 40}},
		{3, value{Type: thrift.MAP, Key: thrift.I32, Elem: thrift.DOUBLE, Elems: []value{{Type: thrift.I32}, {Type: thrift.DOUBLE}}}},
		{4, value{Type: thrift.LIST, Elem: thrift.STRUCT, Elems: []value{{Type: thrift.STRUCT}}}},
		{5, value{Type: thrift.STRING, Bytes: "0123456789012345678901234567890123456789"}},
	}}
	m := protocol.Message{Name: "echo", Type: thrift.CALL, SeqID: 1}
	for _, f := range formats {
		in := encode(t, f, body)
		str := encode(t, f, body.Fields[4].Value)
		p := f.codec(0)
		out := make([]byte, 0, 4096)
		for _, tt := range []struct {
			name string
			want float64
			call func() error
		}{
			{"write", 0, func() error {
				p.ResetBody(m, nil, out)
				return first(p.WriteMessageBegin(ctx, "echo", thrift.REPLY, 1), body.write(ctx, p), p.WriteMessageEnd(ctx))
			}},
			{"write with a header in band", 0, func() error {
				p.Reset(nil, out)
				return first(p.WriteMessageBegin(ctx, "echo", thrift.REPLY, 1), body.write(ctx, p), p.WriteMessageEnd(ctx))
			}},
			{"skip", 0, func() error {
				p.ResetBody(m, in, out)
				_, _, _, err := p.ReadMessageBegin(ctx)
				return first(err, p.Skip(ctx, thrift.STRUCT))
			}},
			{"read a string", 1, func() error {
				p.ResetBody(m, str, out)
				_, err := p.ReadString(ctx)
				return err
			}},
			{"read bytes", 1, func() error {
				p.ResetBody(m, str, out)
				_, err := p.ReadBinary(ctx)
				return err
			}},
		} {
			t.Run(f.name+"/"+tt.name, func(t *testing.T) {
				var err error
				if got := testing.AllocsPerRun(100, func() { err = first(err, tt.call()) }); got != tt.want || err != nil {
					t.Errorf("%v allocations, want %v; %v", got, tt.want, err)
				}
			})
		}
	}
}
