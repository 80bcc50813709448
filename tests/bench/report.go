package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// profileTime is how long a server is loaded at least for a CPU profile.
const profileTime = 3 * time.Second

// report is all that a run has found, as it is written to results.json.
type report struct {
	Time    time.Time     `json:"time"`
	Machine string        `json:"machine"`
	Shapes  []shapeResult `json:"shapes"`
	Idle    []idle        `json:"idle,omitempty"`
	Missing []missing     `json:"missing,omitempty"`
}

// shapeResult is the results of all servers under one shape.
type shapeResult struct {
	shape
	Shape string `json:"shape"`
	Cells []cell `json:"cells"`
}

// missing is a server that could not be built.
type missing struct {
	Server string `json:"server"`
	Why    string `json:"why"`
}

func newReport() *report {
	return &report{Time: time.Now().UTC().Truncate(time.Second), Machine: runtime.GOOS + "/" + runtime.GOARCH}
}

// write writes the results into the plan's folder.
func (r *report) write(p *plan) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.out, "results.json"), append(b, '\n'), 0o644)
}
