package thriftmux

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// vector is one frame of testdata/vectors.json: Finagle's, or accepted by it.
type vector struct {
	Name     string
	Protocol string // "mux" or "framed-thrift"
	Hex      string
	Decoded  decoded
}

type decoded struct {
	Length      int
	Type        any    // a number, or a Thrift message type's name
	TypeName    string `json:"type_name"`
	Tag         uint32
	FragmentBit bool    `json:"fragment_bit"`
	Fragment    *string `json:"fragment_body_hex"`

	Why        string
	Version    uint16
	Headers    []keyValue
	Contexts   []keyValue
	Dst        string
	Dtab       [][2]string
	Status     Status
	Payload    string `json:"payload_hex"`
	Message    string
	Keys       []oldKey
	DiscardTag uint32 `json:"discard_tag"`
	Unit       byte
	HowMuch    uint64

	Name     string
	SeqID    int32
	Args     string `json:"args_hex"`
	TTwitter string `json:"ttwitter_header_hex"`
}

type keyValue struct {
	Key     string
	Value   string `json:"value_hex"`
	Decoded json.RawMessage
}

type oldKey struct {
	Key   byte
	Value string `json:"value_hex"`
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 63 {
		t.Fatalf("%d vectors, want 63", len(file.Vectors))
	}
	return file.Vectors
}

// muxVectors are the frames of Mux sessions; the others are plain Thrift.
func muxVectors(t testing.TB) []vector {
	t.Helper()
	var vs []vector
	for _, v := range readVectors(t) {
		if v.Protocol == "mux" {
			vs = append(vs, v)
		}
	}
	return vs
}

func frameOf(t testing.TB, name string) []byte {
	t.Helper()
	for _, v := range readVectors(t) {
		if v.Name == name {
			return unhex(t, v.Hex)
		}
	}
	t.Fatalf("no vector %q", name)
	return nil
}

func bodyOf(t testing.TB, name string) []byte {
	t.Helper()
	f, n, err := ParseFrame(frameOf(t, name), 0)
	if err != nil || n == 0 {
		t.Fatalf("%s: %d, %v", name, n, err)
	}
	return f.Body
}
