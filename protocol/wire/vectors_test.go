package wire

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// vector is a message written by real runtimes.
type vector struct {
	Name      string
	Transport string
	Protocol  string
	Type      string
	SeqID     int32
	Method    string
	Hex       string
	bytes     []byte
}

func (v vector) title() string { return v.Name + "/" + v.Transport + "/" + v.Protocol }

// form returns the protocol and whether its header is old.
func (v vector) form(t testing.TB) (p Protocol, old bool) {
	switch v.Protocol {
	case "binary":
		return Binary, false
	case "binary-nonstrict":
		return Binary, true
	case "compact":
		return Compact, false
	case "json":
		return JSON, false
	}
	t.Fatalf("%s: unknown protocol", v.title())
	return 0, false
}

func (v vector) messageType(t testing.TB) Type {
	for typ := Call; typ <= Oneway; typ++ {
		if typ.String() == v.Type {
			return typ
		}
	}
	t.Fatalf("%s: unknown type %q", v.title(), v.Type)
	return 0
}

// thriftVectors returns those of the given transports, all without any.
func thriftVectors(t testing.TB, transports ...string) []vector {
	t.Helper()
	all := readVectors(t, "testdata/thrift-wire-vectors.json")
	if len(transports) == 0 {
		return all
	}
	var some []vector
	for _, v := range all {
		for _, transport := range transports {
			if v.Transport == transport {
				some = append(some, v)
			}
		}
	}
	if len(some) == 0 {
		t.Fatalf("no vectors for %q", transports)
	}
	return some
}

func readVectors(t testing.TB, path string) []vector {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for i := range file.Vectors {
		v := &file.Vectors[i]
		if v.bytes, err = hex.DecodeString(v.Hex); err != nil {
			t.Fatalf("%s: %v", v.title(), err)
		}
	}
	return file.Vectors
}
