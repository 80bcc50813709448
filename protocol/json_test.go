package protocol_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// apacheJSON writes v as the struct of a message, with the runtime's protocol, and cuts it out.
func apacheJSON(t testing.TB, v value) []byte {
	t.Helper()
	mem := thrift.NewTMemoryBuffer()
	p := thrift.NewTJSONProtocol(mem)
	ctx := t.Context()
	err := first(p.WriteMessageBegin(ctx, "m", thrift.CALL, 7), v.write(ctx, p), p.WriteMessageEnd(ctx), p.Flush(ctx))
	if err != nil {
		t.Fatal(err)
	}
	body, ok := strings.CutPrefix(mem.String(), `[1,"m",1,7,`)
	body, ok2 := strings.CutSuffix(body, "]")
	if !ok || !ok2 {
		t.Fatalf("the runtime wrote %q", mem.String())
	}
	return []byte(body)
}

// jsonable makes v a value that JSON can carry: text for strings and keys that are numbers or text.
func (v value) jsonable() value {
	switch v.Type {
	case thrift.DOUBLE:
		if f := math.Float64frombits(uint64(v.Int)); math.IsNaN(f) || math.IsInf(f, 0) {
			v.Int = 0
		}
	case thrift.STRING:
		v.Bytes = strings.ToValidUTF8(v.Bytes, "\\\"é€😀")
	case thrift.MAP:
		if v.Key >= thrift.STRUCT && v.Key <= thrift.LIST || v.Key == thrift.DOUBLE || v.Key == thrift.BOOL || v.Key == thrift.STOP {
			return value{Type: thrift.MAP, Key: thrift.I32, Elem: thrift.I32}
		}
	}
	for i := range v.Fields {
		v.Fields[i].Value = v.Fields[i].Value.jsonable()
	}
	for i := range v.Elems {
		v.Elems[i] = v.Elems[i].jsonable()
	}
	return v
}

func TestJSONRandomStructs(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	header := protocol.Message{Name: "m", Type: thrift.CALL, SeqID: 7}
	var p protocol.JSON // used again, as a pool does
	for range 200 {
		v := randomValue(r, thrift.STRUCT, 4).jsonable()
		want := apacheJSON(t, v)
		p.ResetBody(protocol.Message{}, nil, []byte("kept"))
		err := first(p.WriteMessageBegin(t.Context(), "m", thrift.REPLY, 9), v.write(t.Context(), &p), p.WriteMessageEnd(t.Context()))
		if err != nil || string(p.Out()) != "kept"+string(want) {
			t.Fatalf("wrote %q, %v, want %q", p.Out(), err, want)
		}
		if m, ok := p.Message(); !ok || m != (protocol.Message{Name: "m", Type: thrift.REPLY, SeqID: 9}) {
			t.Fatalf("wrote the header %+v, %v", m, ok)
		}
		p.ResetBody(header, want, nil)
		name, typ, seqid, err := p.ReadMessageBegin(t.Context())
		if got := (protocol.Message{Name: name, Type: typ, SeqID: seqid}); got != header || err != nil {
			t.Fatalf("read the header %+v, %v", got, err)
		}
		got, err := readValue(t.Context(), &p, thrift.STRUCT)
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Fatalf("read %+v, %v\nwant %+v\nof %s", got, err, v, want)
		}
		p.ResetBody(header, want, nil)
		if err := p.Skip(t.Context(), thrift.STRUCT); err != nil {
			t.Fatalf("skipping %s: %v", want, err)
		}
	}
}

func TestJSONCutStructs(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var p protocol.JSON
	for range 20 {
		whole := apacheJSON(t, randomValue(r, thrift.STRUCT, 3).jsonable())
		for n := range min(len(whole), 300) {
			p.ResetBody(protocol.Message{}, whole[:n:n], nil)
			if got, err := readValue(t.Context(), &p, thrift.STRUCT); err == nil {
				t.Fatalf("cut at %d of %s: read %+v", n, whole, got)
			}
		}
	}
}

func TestJSONDepthIsLimited(t *testing.T) {
	for chain, types := range chains {
		if chain == "maps" || chain == "all" {
			types = []thrift.TType{thrift.MAP, thrift.STRUCT}
		}
		for _, limits := range []struct{ field, limit int }{{0, 64}, {1, 1}, {5, 5}, {500, 500}} {
			p := protocol.JSON{MaxDepth: limits.field}
			at, over := nested(limits.limit, types...), nested(limits.limit+1, types...)
			for _, skip := range []bool{false, true} {
				read := func(v value) error {
					p.ResetBody(protocol.Message{}, apacheJSON(t, v), nil)
					if skip {
						return p.Skip(t.Context(), v.Type)
					}
					_, err := readValue(t.Context(), &p, v.Type)
					return err
				}
				if err := read(at); err != nil {
					t.Errorf("%s, MaxDepth %d, skip %v: %v at the limit", chain, limits.field, skip, err)
				}
				wantClass(t, read(over), thrift.DEPTH_LIMIT)
			}
		}
	}
}

// TestJSONCountsShareTheInput has each level of a nest claim almost all that remains.
func TestJSONCountsShareTheInput(t *testing.T) {
	body := strings.Repeat(`["lst",400,`, 10) + `["i8",0` + strings.Repeat(`]`, 11) + strings.Repeat(" ", 900)
	var p protocol.JSON
	p.ResetBody(protocol.Message{}, []byte(body), nil)
	_, err := readValue(t.Context(), &p, thrift.LIST)
	wantClass(t, err, thrift.SIZE_LIMIT)
	for _, body := range []string{`["i8",100]`, `["i8",-1]`, `["i8",4294967296]`} {
		p.ResetBody(protocol.Message{}, []byte(body), nil)
		if _, n, err := p.ReadListBegin(t.Context()); err == nil {
			t.Errorf("%s: a list of %d", body, n)
		}
	}
}

func TestJSONTransportIsShared(t *testing.T) {
	var a, b protocol.JSON
	a.ResetBody(protocol.Message{}, []byte("{}"), nil)
	if a.Transport() != b.Transport() || a.Transport() != new(protocol.Binary).Transport() || !a.Transport().IsOpen() {
		t.Error("a JSON has a transport of its own, or a closed one")
	}
	var fresh protocol.JSON
	if out := fresh.Out(); len(out) != 0 {
		t.Errorf("a fresh JSON has written %q", out)
	}
}

// FuzzJSON reads a struct with the codec and with the runtime's protocol alone. The codec may refuse
// more, for its bounds, and must else read the same.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"1":{"i64":5},"2":{"i32":-1}}`, `{"1":{"str":"k\u00e9\n"},"2":{"tf":1}}`,
		`{"0":{"lst":["rec",2,{},{"1":{"dbl":1.5}}]}}`, `{"1":{"map":["str","i32",1,{"a":1}]}}`, `null`, `{"1":{"lst":["i8",99999]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var p protocol.JSON
		p.ResetBody(protocol.Message{}, body, nil)
		got, err := readValue(t.Context(), &p, thrift.STRUCT)
		if e, ok := err.(thrift.TProtocolException); ok && (e.TypeId() == thrift.SIZE_LIMIT || e.TypeId() == thrift.DEPTH_LIMIT) {
			return
		}
		if we := (*wire.Error)(nil); errors.As(err, &we) {
			return // the body is not exactly one struct, which the runtime does not ask; it also reads quotes that are missing
		}
		mem := thrift.NewTMemoryBuffer()
		mem.Write(body)
		want, wantErr := readValue(t.Context(), thrift.NewTJSONProtocol(mem), thrift.STRUCT)
		if (err == nil) != (wantErr == nil) || err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q: read %+v, %v; the runtime %+v, %v", body, got, err, want, wantErr)
		}
	})
}
