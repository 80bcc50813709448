package theader

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// vector is one frame of testdata/vectors.json, as a real runtime wrote it.
type vector struct {
	Name     string
	Protocol string // "header-binary", "header-compact", with "-zlib" and "-info" behind
	SeqID    int32
	Hex      string
}

func (v vector) bytes(t testing.TB) []byte {
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	return b
}

func (v vector) zlib() bool { return strings.Contains(v.Protocol, "-zlib") }
func (v vector) info() bool { return strings.HasSuffix(v.Protocol, "-info") }

func (v vector) wire() wire.Protocol {
	if strings.HasPrefix(v.Protocol, "header-compact") {
		return wire.Compact
	}
	return wire.Binary
}

// plain is the label of the vector whose payload is this one's inflated.
func (v vector) plain() string {
	name := v.Name
	if v.zlib() {
		name = strings.TrimSuffix(strings.TrimSuffix(name, "-go"), "-py")
	}
	return name + "/" + v.wire().String()
}

func readVectors(t testing.TB) []vector {
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(data, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) != 111 {
		t.Fatalf("%d vectors, want 111", len(vs))
	}
	return vs
}

// plainPayloads are the payloads of the vectors without compression, by plain().
func plainPayloads(t testing.TB, vs []vector) map[string][]byte {
	m := map[string][]byte{}
	for _, v := range vs {
		if v.zlib() {
			continue
		}
		_, payload, err := Parse(v.bytes(t)[lengthSize:], Limits{})
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		m[v.plain()] = payload
	}
	return m
}
