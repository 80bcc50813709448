package servers

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// server is a row of the table of servers.
type server struct {
	name    string
	runtime string
	// dialects beside the four that all of them speak.
	header bool
	// unknown is what a call of an unknown service comes to: the exception's
	// type, or -1 if the connection ends without a word.
	unknown int32
}

var all = []*server{
	{name: "go", runtime: "Apache thrift 0.25.0, TSimpleServer", header: true, unknown: -1},
	{name: "cpp", runtime: "Apache thrift 0.17, TThreadedServer", header: true, unknown: 7},
	{name: "java", runtime: "Apache thrift 0.20.0, TThreadPoolServer", unknown: -1},
	{name: "python", runtime: "Apache thrift 0.25.0, TThreadedServer", unknown: -1},
}

// start runs the program until the test ends, and returns where it serves.
func start(t *testing.T, program string, args ...string) (addr string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var said strings.Builder
	cmd.Stderr = &said
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", said.String())
		}
	})
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%s printed no address: %v", program, err)
		}
		if words := strings.Fields(line); len(words) > 1 && words[0] == "serving" {
			go io.Copy(io.Discard, lines) // until the program ends
			return words[len(words)-1]
		}
	}
}
