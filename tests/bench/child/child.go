// Package child is what the benchmark's processes in Go have in common: how they
// tell where they listen, and how they are asked what they have used.
//
// A server prints "listening ADDRESS", a client "calling ADDRESS", and then each
// answers every line on its standard input with one line of JSON, a [Report]. It
// ends with its standard input, and so with the benchmark, whatever becomes of
// that.
package child

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"
)

// What a process says first, a space and the address behind it.
const (
	Listening = "listening" // a server
	Calling   = "calling"   // a client
)

// The commands that a process answers. A server also answers others, and does
// nothing.
const (
	// Stats asks for a report.
	Stats = "stats"
	// Collect collects garbage and gives free memory back to the system first.
	Collect = "collect"
	// Profile begins a CPU profile; a space and the file's name stand behind it.
	Profile = "profile"
	// EndProfile ends it.
	EndProfile = "endprofile"
	// Run has a client make calls for as long as the duration behind a space.
	Run = "run"
)

// Report is what a process tells about itself. A process that cannot know a value
// leaves it out.
type Report struct {
	// Mallocs is how many objects it has allocated.
	Mallocs uint64 `json:"mallocs,omitempty"`
	// InUse is its memory for heap and stacks, in bytes.
	InUse uint64 `json:"in_use,omitempty"`
	// Versions names the libraries that the process serves with.
	Versions string `json:"versions,omitempty"`
	// Calls is how many calls the command made.
	Calls int64 `json:"calls,omitempty"`
	// Error says why a command failed.
	Error string `json:"error,omitempty"`
}

// Options are the command line of a server.
type Options struct {
	// Variant is which of the program's servers to run.
	Variant string
	// Block is how long each call blocks; 0: not at all.
	Block time.Duration
	// Slow is of how many calls one takes SlowCall; 0: none.
	Slow int
}

// SlowCall is how long a slow call takes.
const SlowCall = 20 * time.Millisecond

// Server parses the command line, listens on a free port of the loopback
// interface, and serves until standard input ends. It does not return.
func Server(serve func(l net.Listener, o Options) error) {
	var o Options
	flag.StringVar(&o.Variant, "variant", "", "which `server` to run")
	flag.DurationVar(&o.Block, "block", 0, "how long each call blocks")
	flag.IntVar(&o.Slow, "slow", 0, "one call of this `number` takes 20ms")
	flag.Parse()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		Fatal(err)
	}
	go func() { Fatal(serve(l, o)) }()
	fmt.Println(Listening, l.Addr())
	Obey(os.Stdin, os.Stdout, func(string, string) (Report, error) { return Report{}, nil })
	os.Exit(0)
}

// Fatal prints err and ends the process.
func Fatal(err error) {
	fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
	os.Exit(1)
}

// Obey answers the commands that come from in, until in ends. Those that are not
// of this package are other's, which may fill in a part of the report.
func Obey(in io.Reader, out io.Writer, other func(verb, arg string) (Report, error)) {
	lines := bufio.NewScanner(in)
	answers := json.NewEncoder(out)
	for lines.Scan() {
		verb, arg, _ := strings.Cut(lines.Text(), " ")
		r, err := obey(verb, arg, other)
		r.fill()
		if err != nil {
			r.Error = err.Error()
		}
		if answers.Encode(r) != nil {
			return
		}
	}
}

func obey(verb, arg string, other func(verb, arg string) (Report, error)) (Report, error) {
	switch verb {
	case Stats:
	case Collect:
		// Each collection halves the stacks that are much too large.
		for range 4 {
			runtime.GC()
		}
		debug.FreeOSMemory()
	case Profile:
		f, err := os.Create(arg)
		if err != nil {
			return Report{}, err
		}
		return Report{}, pprof.StartCPUProfile(f)
	case EndProfile:
		pprof.StopCPUProfile()
	default:
		return other(verb, arg)
	}
	return Report{}, nil
}

// fill fills in what the runtime knows.
func (r *Report) fill() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Mallocs, r.InUse, r.Versions = m.Mallocs, m.HeapInuse+m.StackInuse, versions()
}

// versions names the modules under the program that a reader of the numbers asks
// for.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	text := info.GoVersion
	for _, m := range info.Deps {
		switch m.Path {
		case "github.com/apache/thrift", "github.com/cloudwego/kitex":
			text += " " + m.Path + " " + m.Version
		}
	}
	return text
}
