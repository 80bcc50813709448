package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// report is all that a run has found, as it is written to results.json.
type report struct {
	Time    time.Time      `json:"time"`
	Machine string         `json:"machine"`
	Rounds  int            `json:"rounds"`
	Round   string         `json:"round"` // how long each server is loaded in one
	Shapes  []shapeResult  `json:"shapes"`
	Clients []clientResult `json:"clients,omitempty"`
	Idle    []idle         `json:"idle,omitempty"`
	Missing []missing      `json:"missing,omitempty"`
	Failed  []missing      `json:"failed,omitempty"` // what was begun and has no result
}

// shapeResult is the results of all servers under one shape.
type shapeResult struct {
	shape
	Shape string `json:"shape"`
	Cells []cell `json:"cells"`
}

// missing is a server or client that could not be built, or a measurement that
// failed.
type missing struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// fail notes that a measurement failed.
func (r *report) fail(name string, err error) {
	fmt.Printf("failed: %s: %v\n", name, err)
	r.Failed = append(r.Failed, missing{Name: name, Why: err.Error()})
}

// miss notes that something is missing, once.
func (r *report) miss(name string, err error) {
	m := missing{Name: name, Why: err.Error()}
	if !slices.Contains(r.Missing, m) {
		fmt.Printf("missing: %s: %s\n", m.Name, m.Why)
		r.Missing = append(r.Missing, m)
	}
}

func newReport(p *plan) *report {
	return &report{Time: time.Now().UTC().Truncate(time.Second), Machine: machine(), Rounds: p.rounds, Round: p.round.String()}
}

// write writes the results into the plan's folder, and if wanted the document and
// the plot.
func (r *report) write(p *plan) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.out, "results.json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.out, plotName), r.plot(), 0o644); err != nil || p.document == "" {
		return err
	}
	if err := os.WriteFile(plotName, r.plot(), 0o644); err != nil {
		return err
	}
	return r.document(p.document)
}
