package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// The results stand between these lines of the document.
const (
	resultsBegin = "<!-- results: written by make bench BENCH=full -->\n"
	resultsEnd   = "<!-- end of results -->\n"
)

// document puts the results into the file of that name, in place of those there.
func (r *report) document(file string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err := replaceResults(string(old), r.markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// replaceResults replaces what stands between the two lines in text.
func replaceResults(text, results string) (string, error) {
	before, rest, ok := strings.Cut(text, resultsBegin)
	_, after, ok2 := strings.Cut(rest, resultsEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("the lines %q and %q are not there", strings.TrimSpace(resultsBegin), strings.TrimSpace(resultsEnd))
	}
	return before + resultsBegin + results + resultsEnd + after, nil
}

// markdown returns all tables.
func (r *report) markdown() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "\nMeasured on %s, %s, with %d rounds of %s for each server and shape.\n",
		r.Time.Format("2 January 2006"), r.Machine, r.Rounds, r.Round)
	r.printAims(&b)
	for i := range r.Shapes {
		r.Shapes[i].print(&b)
	}
	for i := range r.Clients {
		r.Clients[i].print(&b)
	}
	r.printIdle(&b)
	r.printServers(&b)
	b.WriteByte('\n')
	return b.String()
}
