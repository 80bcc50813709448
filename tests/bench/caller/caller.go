// Package caller is what the benchmark's clients have in common: a number of
// goroutines that make one call after the other.
package caller

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/tests/bench/child"
)

// Text is what every call sends and must get back.
var Text = strings.Repeat("0123456789", 10)

// Options are the command line of a client.
type Options struct {
	// Addr is the server's address.
	Addr string
	// Callers is the number of goroutines that make calls.
	Callers int
}

// Call makes one call. It fails if the reply is not the right one.
type Call func() error

// Check returns err, or an error if the reply is not Text.
func Check(reply string, err error) error {
	if err == nil && reply != Text {
		err = fmt.Errorf("the reply is %q", reply)
	}
	return err
}

// Client parses the command line and makes calls when it is told to, until
// standard input ends. open returns a Call for each caller. Client does not
// return.
func Client(open func(o Options) ([]Call, error)) {
	var o Options
	flag.StringVar(&o.Addr, "addr", "", "`address` of the server")
	flag.IntVar(&o.Callers, "callers", 1, "goroutines that make calls")
	flag.Parse()
	calls, err := open(o)
	if err != nil {
		child.Fatal(err)
	}
	fmt.Println(child.Calling, o.Addr)
	child.Obey(os.Stdin, os.Stdout, func(verb, arg string) (child.Report, error) {
		if verb != child.Run {
			return child.Report{}, fmt.Errorf("unknown command %q", verb)
		}
		d, err := time.ParseDuration(arg)
		if err != nil {
			return child.Report{}, err
		}
		return run(calls, d)
	})
	os.Exit(0)
}

// run makes calls for the time d.
func run(calls []Call, d time.Duration) (child.Report, error) {
	var (
		over  atomic.Bool
		made  atomic.Int64
		first atomic.Pointer[error]
		all   sync.WaitGroup
	)
	time.AfterFunc(d, func() { over.Store(true) })
	for _, call := range calls {
		all.Go(func() {
			n := int64(0)
			for !over.Load() {
				if err := call(); err != nil {
					first.CompareAndSwap(nil, &err)
					over.Store(true)
					break
				}
				n++
			}
			made.Add(n)
		})
	}
	all.Wait()
	if err := first.Load(); err != nil {
		return child.Report{}, *err
	}
	return child.Report{Calls: made.Load()}, nil
}
