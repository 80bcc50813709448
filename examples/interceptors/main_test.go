package main

import (
	"bytes"
	"os"
	"testing"
)

const transcript = `server: /BarApi/echo Unauthenticated
client: "", no token
server: /BarApi/echo Unauthenticated
client: "", no token
server: /BarApi/echo OK
client: "bar: hello", <nil>
server: /BarApi/echo InvalidArgument
client: "", nothing to echo
`

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != transcript {
		t.Errorf("printed\n%s\nwant\n%s", got, transcript)
	}
}

func TestLength(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(source, []byte("\n")); n >= 100 {
		t.Errorf("main.go has %d lines, want less than 100", n)
	}
}
