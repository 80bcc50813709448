package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	// passTime bounds a run of all cases; the slowest takes 8 MiB through JSON in a scripting language.
	passTime = time.Minute
	// failTime bounds a run of what cannot succeed, which may well hang.
	failTime = 10 * time.Second
)

// A verdict is what a client said of a case: "" for ok, else what went wrong.
type verdict map[string]string

// runs are runs of a client's program against a server, in one dialect.
type runs struct {
	t       *testing.T
	program string
	server  *server
	dialect dialect
}

// mustPass runs the cases over one connection and reports those that fail.
func (r *runs) mustPass(cases ...string) {
	r.t.Helper()
	said, err := r.run(passTime, cases...)
	if err != nil {
		r.t.Errorf("the client ended: %v", err)
	}
	for _, name := range cases {
		if wrong := said.of(name); wrong != "" {
			r.t.Errorf("%s: %s", name, wrong)
		}
	}
}

// mustFail runs cases that are left out, and reports if all of them pass after all.
func (r *runs) mustFail(why string, cases ...string) {
	r.t.Helper()
	said, err := r.run(failTime, cases...)
	if err != nil {
		return
	}
	for _, name := range cases {
		if said.of(name) != "" {
			return
		}
	}
	r.t.Errorf("left out (%s), but it passes: %s", why, strings.Join(cases, ", "))
}

// run runs cases over one connection. Those that the client did not get to are
// missing in the verdict. The error tells how the program ended if not well.
func (r *runs) run(limit time.Duration, cases ...string) (verdict, error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), limit)
	defer cancel()
	args := append([]string{r.server.host, r.server.port, r.dialect.transport, r.dialect.protocol}, cases...)
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w\n%s", errors.Join(err, ctx.Err()), tail(stderr.String(), 2000))
	}
	return parseVerdict(stdout.String()), err
}

func parseVerdict(output string) verdict {
	said := verdict{}
	for line := range strings.Lines(output) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, detail, _ := strings.Cut(rest, " ")
		switch word {
		case "ok":
			said[name] = ""
		case "FAIL":
			said[name] = "it failed: " + detail
		}
	}
	return said
}

// of returns what was said of a case, and something where nothing was said.
func (v verdict) of(name string) string {
	if said, found := v[name]; found {
		return said
	}
	return "the client did not get to it"
}

// tail returns the last n bytes of s.
func tail(s string, n int) string { return s[max(0, len(s)-n):] }
