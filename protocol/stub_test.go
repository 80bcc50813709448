package protocol_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// indexer is a BarApi of which only index matters.
type indexer struct{ bar.BarApi }

func (indexer) Index(_ context.Context, words []string) (map[string][]int64, error) {
	m := make(map[string][]int64)
	for i, w := range words {
		m[w] = append(m[w], int64(i))
	}
	return m, nil
}

// loop is a thrift.TClient that runs a processor on codecs, with the headers out of band.
type loop struct {
	format    format
	processor thrift.TProcessor
	reply     protocol.Message // the last one
}

func (l *loop) Call(ctx context.Context, method string, args, result thrift.TStruct) (thrift.ResponseMeta, error) {
	client, server := l.format.codec(0), l.format.codec(0)
	client.Reset(nil, nil)
	if err := args.Write(ctx, client); err != nil {
		return thrift.ResponseMeta{}, err
	}
	server.ResetBody(protocol.Message{Name: method, Type: thrift.CALL, SeqID: 9}, client.Out(), nil)
	_, err := l.processor.Process(ctx, server, server)
	l.reply, _ = server.Message()
	if err != nil {
		return thrift.ResponseMeta{}, err
	}
	client.Reset(server.Out(), nil)
	return thrift.ResponseMeta{}, result.Read(ctx, client)
}

func TestGeneratedProcessor(t *testing.T) {
	for _, f := range formats {
		l := &loop{format: f, processor: bar.NewBarApiProcessor(indexer{})}
		got, err := bar.NewBarApiClient(l).Index(t.Context(), []string{"a", "b", "a"})
		if want := map[string][]int64{"a": {0, 2}, "b": {1}}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v, want %v", f.name, got, err, want)
		}
		if want := (protocol.Message{Name: "index", Type: thrift.REPLY, SeqID: 9}); l.reply != want {
			t.Errorf("%s: reply %+v, want %+v", f.name, l.reply, want)
		}
	}
}

// TestGeneratedProcessorRefusesBrokenArguments cuts the arguments: with the same codec for both ways
// the stub must still write a whole exception.
func TestGeneratedProcessorRefusesBrokenArguments(t *testing.T) {
	for _, f := range formats {
		words := value{Type: thrift.LIST, Elem: thrift.STRING, Elems: []value{{Type: thrift.STRING, Bytes: "word"}}}
		whole := encode(t, f, value{Type: thrift.STRUCT, Fields: []field{{1, words}}})
		for n := range whole {
			p := f.codec(0)
			p.ResetBody(protocol.Message{Name: "index", Type: thrift.CALL, SeqID: 9}, whole[:n:n], nil)
			if _, err := bar.NewBarApiProcessor(indexer{}).Process(t.Context(), p, p); err == nil {
				t.Errorf("%s cut at %d: no error", f.name, n)
			}
			if m, _ := p.Message(); m != (protocol.Message{Name: "index", Type: thrift.EXCEPTION, SeqID: 9}) {
				t.Errorf("%s cut at %d: header %+v", f.name, n, m)
			}
			reply := p.Out()
			p.Reset(reply, nil)
			ex := thrift.NewTApplicationException(thrift.UNKNOWN_APPLICATION_EXCEPTION, "")
			if err := ex.Read(t.Context(), p); err != nil || ex.TypeId() != thrift.PROTOCOL_ERROR || len(p.Rest()) != 0 {
				t.Errorf("%s cut at %d: exception %v, %v, %d bytes left", f.name, n, ex, err, len(p.Rest()))
			}
		}
	}
}

// TestGeneratedStructs compares what a recursive struct's stub writes and reads on both
// implementations.
func TestGeneratedStructs(t *testing.T) {
	for _, f := range formats {
		r := rand.New(rand.NewPCG(7, 8))
		for range 50 {
			in := randomTree(r, 5)
			mem := thrift.NewTMemoryBuffer()
			p := f.codec(0)
			p.Reset(nil, nil)
			if err := first(in.Write(t.Context(), p), in.Write(t.Context(), f.apache(mem))); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(p.Out(), mem.Bytes()) {
				t.Fatalf("%s: wrote %x, the runtime %x", f.name, p.Out(), mem.Bytes())
			}
			written := p.Out()
			p.Reset(written, nil)
			var got, want tree.Tree
			if err := first(got.Read(t.Context(), p), want.Read(t.Context(), f.apache(mem))); err != nil {
				t.Fatal(err)
			}
			if !got.Equals(&want) || !got.Equals(in) {
				t.Fatalf("%s: read %v, the runtime %v, want %v", f.name, &got, &want, in)
			}
		}
	}
}

func randomTree(r *rand.Rand, depth int) *tree.Tree {
	n := &tree.Tree{V: int64(r.Uint64() >> r.IntN(64))}
	if depth == 0 {
		return n
	}
	if r.IntN(2) == 0 {
		n.Inner = randomTree(r, depth-1)
	}
	for range r.IntN(3) {
		n.Children = append(n.Children, randomTree(r, depth-1))
	}
	return n
}

// TestDeepStructOverflowsNoStack reads a message that would nest four million levels deep.
func TestDeepStructOverflowsNoStack(t *testing.T) {
	for _, f := range formats {
		level := []byte{byte(thrift.STRUCT), 0, 1}
		if f.name == compactFormat.name {
			level = []byte{0x1c}
		}
		p := f.codec(0)
		p.Reset(bytes.Repeat(level, 4<<20), nil)
		var n tree.Tree
		wantClass(t, n.Read(t.Context(), p), thrift.DEPTH_LIMIT)
		p.Reset(bytes.Repeat(level, 4<<20), nil)
		wantClass(t, p.Skip(t.Context(), thrift.STRUCT), thrift.DEPTH_LIMIT)
	}
}
