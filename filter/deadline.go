package filter

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

// Deadlines say how long calls may take, counted from when their bytes were read.
// The zero Deadlines set none.
type Deadlines struct {
	// Default is for calls whose client names no time and whose method stands not
	// in Methods. 0 means none.
	Default time.Duration
	// Methods has other defaults for some methods, by "Service:method" as the
	// filter sees the names; a bare ":method" is of the default service. 0 means
	// none.
	Methods map[string]time.Duration
	// Header is the name of the header in which clients say how long they will
	// wait: a whole number of milliseconds, as [PassDeadline] sends it. What is
	// no such number is ignored. "" means that clients cannot say.
	Header string
	// Max bounds what a client may ask for. It requires Header. 0 means no bound.
	Max time.Duration
}

// Deadline returns a filter that ends the context of a call when its time is
// over. An earlier deadline that the context has already stays. A call whose time
// was over before it could begin is answered DeadlineExceeded without being run;
// one that runs is not cut off, but told by its context.
//
// A call that gets no deadline costs nothing. It panics if a duration is negative,
// if Max is set without Header, or if a name in Methods has no method or is
// listed twice (":foo" and "foo"), as these are mistakes of the program.
func Deadline(d Deadlines) mux.Filter {
	if d.Max > 0 && d.Header == "" {
		panic(fmt.Sprintf("filter: Deadlines.Max of %v bounds nothing: Header is empty, so that clients cannot ask for a time", d.Max))
	}
	defaults := make(map[method]time.Duration, len(d.Methods))
	for name, span := range d.Methods {
		m := methodOf(name)
		if m.name == "" {
			panic(fmt.Sprintf("filter: Deadlines.Methods[%q] names no method: want %q", name, "Service:method"))
		}
		if _, ok := defaults[m]; ok {
			panic(fmt.Sprintf("filter: Deadlines.Methods[%q] is listed twice: a colon in front changes nothing", name))
		}
		defaults[m] = checkSpan(fmt.Sprintf("Methods[%q]", name), span)
	}
	t := timed{
		byDefault: checkSpan("Default", d.Default),
		methods:   defaults,
		header:    d.Header,
		most:      checkSpan("Max", d.Max),
	}
	return func(next mux.Handler) mux.Handler {
		t := t
		t.next = next
		return &t
	}
}

// checkSpan panics if the duration d of a field is negative.
func checkSpan(field string, d time.Duration) time.Duration {
	if d < 0 {
		panic(fmt.Sprintf("filter: Deadlines.%s of %v is negative", field, d))
	}
	return d
}

type timed struct {
	next            mux.Handler
	byDefault, most time.Duration
	methods         map[method]time.Duration
	header          string
}

func (t *timed) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	span, ok := t.span(req)
	if !ok {
		return t.next.ServeThrift(ctx, req)
	}
	start := req.Received
	if start.IsZero() {
		start = time.Now()
	}
	ctx, cancel := context.WithDeadline(ctx, start.Add(span))
	defer cancel()
	if ctx.Err() != nil {
		return mux.Reply{}, notBegun(ctx)
	}
	return t.next.ServeThrift(ctx, req)
}

// span returns how long the call may take, and whether anything says so.
func (t *timed) span(req *mux.Request) (time.Duration, bool) {
	if t.header != "" && len(req.Header) > 0 {
		if span, ok := headerSpan(req.Header, t.header); ok {
			if t.most > 0 {
				span = min(span, t.most)
			}
			return span, true
		}
	}
	if len(t.methods) > 0 {
		if span, ok := t.methods[method{req.Service, req.Method}]; ok {
			return span, span > 0
		}
	}
	return t.byDefault, t.byDefault > 0
}

// headerSpan returns the time that a header gives, and whether it gives one.
func headerSpan(h mux.Header, name string) (time.Duration, bool) {
	text, ok := h.Lookup(name)
	if !ok {
		return 0, false
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 0 || ms > math.MaxInt64/int64(time.Millisecond) {
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, true
}

// notBegun is the failure of a call whose time is over before it has begun.
func notBegun(ctx context.Context) error {
	return &mux.Error{
		Code:    mux.DeadlineExceeded,
		Message: "the call's time was over before it began; it was not run",
		NotRun:  mux.DoNotSendAgain,
		Err:     context.Cause(ctx),
	}
}
