package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadme holds the README's program against this one, which compiles.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(source), "package main\n")
	if !strings.Contains(string(readme), "package main\n"+program) {
		t.Error("the README's program is not main.go")
	}
	if n := strings.Count(strings.Split(string(readme), program)[0], "\n") + strings.Count(program, "\n"); n > 60 {
		t.Errorf("the README's program ends in line %d, want it within 60", n)
	}
}
