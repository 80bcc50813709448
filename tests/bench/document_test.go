package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestReplaceResults(t *testing.T) {
	const text = "before\n" + resultsBegin + "old\n" + resultsEnd + "after\n"
	got, err := replaceResults(text, "new\n")
	if want := strings.Replace(text, "old", "new", 1); got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", resultsBegin, resultsEnd + resultsBegin} {
		if _, err := replaceResults(text, "new\n"); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// TestDocument looks for the place of the results in the real document.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../BENCHMARKS.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replaceResults(string(text), ""); err != nil {
		t.Error(err)
	}
}

func TestAimsNameWhatThereIs(t *testing.T) {
	names := make(map[string]bool)
	for _, s := range servers {
		names[s.name] = true
	}
	for _, c := range clients {
		names[c.name] = true
	}
	for _, s := range shapes {
		names[s.String()] = true
	}
	for _, n := range callers {
		names[(&clientResult{Callers: n}).title()] = true
	}
	for _, a := range aims {
		for _, name := range []string{a.shape, a.this, a.that} {
			if !names[name] {
				t.Errorf("%+v: there is no %q", a, name)
			}
		}
	}
}

func sampleReport() *report {
	r := &report{Missing: []missing{{"Kitex", "no network"}}, Idle: []idle{{Server: limit, Conns: 10, Size: 100, Resident: 8000}}}
	for _, sh := range shapes[:2] {
		cells := []cell{
			newCell(server{name: limit}, "go1 & more", []sample{{CPU: 1, Rate: 10, Allocs: -1}}),
			newCell(server{name: stub}, "", []sample{{CPU: 2.5, Rate: 4, Allocs: 4}}),
		}
		relate(cells)
		r.Shapes = append(r.Shapes, shapeResult{shape: sh, Shape: sh.String(), Cells: cells})
	}
	return r
}

func TestMarkdown(t *testing.T) {
	text := sampleReport().markdown()
	for _, want := range []string{
		"| CPU of oneport stub / bare echo | 8 × 32, 100 B | ≤ 1.8 | 2.50 | 2.50–2.50 | missed |",
		"| bare echo | 1.00 | 1.00–1.00 | 1.00 | 0.40 | 10 | 0 | 0 | – |",
		"| oneport stub | 2.50 | 2.50–2.50 | 2.50 | 1.00 | 4 | 0 | 0 | 4.00 |",
		"| bare echo | 100 B | 8.0 | – |",
		"Missing: Kitex: no network.",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the line %q is not in\n%s", want, text)
		}
	}
}

func TestPlotIsXML(t *testing.T) {
	for _, r := range []*report{sampleReport(), {}} {
		d := xml.NewDecoder(strings.NewReader(string(r.plot())))
		rects := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
				rects++
			}
		}
		if want := 1 + 2*len(r.Shapes); rects != want {
			t.Errorf("%d rectangles, want %d", rects, want)
		}
	}
}
