package protocol_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// bodyCodecs are the codecs of bodies, by the names of their formats.
func bodyCodecs() map[string]protocol.Codec {
	return map[string]protocol.Codec{"binary": new(protocol.Binary), "compact": new(protocol.Compact), "json": new(protocol.JSON)}
}

// exactStructs are structs with what a body can end in, and with structs inside.
func exactStructs() map[string]thrift.TStruct {
	return map[string]thrift.TStruct{
		"nothing":    &bar.BarApiIndexArgs{},
		"a list":     &bar.BarApiIndexArgs{Words: []string{"a", "b"}},
		"a map":      &bar.BarApiIndexResult{Success: map[string][]int64{"a": {1}, "b": nil}},
		"structs":    &tree.TreeApiDepthArgs{T: &tree.Tree{Inner: &tree.Tree{Children: []*tree.Tree{{}, {}}}}},
		"no structs": &tree.TreeApiDepthArgs{T: &tree.Tree{}},
	}
}

func TestABodyIsOneStruct(t *testing.T) {
	for format, c := range bodyCodecs() {
		for name, s := range exactStructs() {
			t.Run(format+"/"+name, func(t *testing.T) {
				c.ResetBody(protocol.Message{}, nil, nil)
				if err := s.Write(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				body := bytes.Clone(c.Out())
				into := func(b []byte) error {
					c.ResetBody(protocol.Message{}, b, nil)
					if _, ok := s.(*tree.TreeApiDepthArgs); ok {
						return new(tree.TreeApiDepthArgs).Read(t.Context(), c)
					}
					if _, ok := s.(*bar.BarApiIndexResult); ok {
						return new(bar.BarApiIndexResult).Read(t.Context(), c)
					}
					return new(bar.BarApiIndexArgs).Read(t.Context(), c)
				}
				if err := into(body); err != nil {
					t.Errorf("whole: %v", err)
				}
				for cut := range body {
					if err := into(body[:cut:cut]); err == nil {
						t.Errorf("%d of %d bytes were taken for a struct", cut, len(body))
					} else if format != "json" && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "at least") {
						t.Errorf("%d bytes: %v", cut, err)
					}
				}
				for _, rest := range [][]byte{{0}, []byte("}"), body} {
					err := into(append(bytes.Clone(body), rest...))
					wantClass(t, err, thrift.INVALID_DATA)
					if e := (*wire.Error)(nil); !errors.As(err, &e) || e.Kind != wire.Trailing || e.Offset != len(body) || e.Seen != int64(len(rest)) {
						t.Errorf("with % x behind: %v", rest, err)
					}
				}
			})
		}
	}
}

// TestASkippedBodyIsOneStruct looks at the way of a method that is not known.
func TestASkippedBodyIsOneStruct(t *testing.T) {
	for format, c := range bodyCodecs() {
		c.ResetBody(protocol.Message{}, nil, nil)
		if err := exactStructs()["structs"].Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		body := bytes.Clone(c.Out())
		c.ResetBody(protocol.Message{}, body, nil)
		if err := c.Skip(t.Context(), thrift.STRUCT); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		c.ResetBody(protocol.Message{}, append(body, 0), nil)
		wantClass(t, c.Skip(t.Context(), thrift.STRUCT), thrift.INVALID_DATA)
	}
}

// TestMessagesFollowEachOther shows that a codec of whole messages is not held to
// one struct.
func TestMessagesFollowEachOther(t *testing.T) {
	var c protocol.Binary
	c.Reset(nil, nil)
	for range 2 {
		if err := (&bar.BarApiEchoArgs{Msg: "x"}).Write(t.Context(), &c); err != nil {
			t.Fatal(err)
		}
	}
	c.Reset(c.Out(), nil)
	for range 2 {
		if err := new(bar.BarApiEchoArgs).Read(t.Context(), &c); err != nil {
			t.Error(err)
		}
	}
}

func TestJSONBodyMayEndInWhiteSpace(t *testing.T) {
	var c protocol.JSON
	c.ResetBody(protocol.Message{}, []byte(` {"1":{"str":"x"}} `+"\r\n\t"), nil)
	if err := new(bar.BarApiEchoArgs).Read(t.Context(), &c); err != nil {
		t.Error(err)
	}
}
