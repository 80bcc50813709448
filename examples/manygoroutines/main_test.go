package main

import (
	"bytes"
	"testing"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	const want = "100 goroutines made 10000 calls over 1 connection(s): the sum is 495000\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}
