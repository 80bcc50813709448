package thriftmux

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// parseBody reads a body by its type and gives what stands before the payload.
func parseBody(typ Type, b []byte, lim Limits) (header int, err error) {
	switch typ {
	case Tdispatch:
		q, err := ParseTdispatch(b, lim)
		if _, payload, err2 := SplitTdispatch(b, lim); len(payload) != len(q.Payload) || fmt.Sprint(err2) != fmt.Sprint(err) {
			return 0, fmt.Errorf("parsed %q, %v; split %q, %v", q.Payload, err, payload, err2)
		}
		return len(b) - len(q.Payload), err
	case Rdispatch:
		s, err := ParseRdispatch(b, lim)
		return len(b) - len(s.Payload), err
	case Treq:
		q, err := ParseTreq(b)
		return len(b) - len(q.Payload), err
	case Rreq:
		s, err := ParseRreq(b)
		return len(b) - len(s.Payload), err
	case Tinit, Rinit:
		_, err := ParseInit(b, lim)
		return len(b), err
	case Tdiscarded:
		d, err := ParseTdiscarded(b)
		return len(b) - len(d.Why), err
	case Tlease:
		_, err := ParseTlease(b)
		return len(b), err
	}
	return 0, nil
}

func TestBodiesTruncatedAtEachByte(t *testing.T) {
	for _, v := range muxVectors(t) {
		f, _, err := ParseFrame(unhex(t, v.Hex), 0)
		if err != nil {
			t.Fatal(err)
		}
		if v.Decoded.Fragment != nil {
			continue
		}
		header, err := parseBody(f.Type, f.Body, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		for n := range f.Body {
			_, err := parseBody(f.Type, f.Body[:n], Limits{})
			// An init may end behind each of its headers: they fill the frame.
			if n >= header || (f.Type == Tinit || f.Type == Rinit) && err == nil && endsInit(f.Body[:n]) {
				if err != nil {
					t.Fatalf("%s cut to %d, behind the header: %v", v.Name, n, err)
				}
				continue
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut to %d of %d: %v", v.Name, n, header, err)
			}
		}
	}
}

// endsInit: behind the version, or behind mux-framer, the first of both headers.
func endsInit(b []byte) bool { return len(b) == 2 || len(b) == 24 }

func TestBodyFaults(t *testing.T) {
	for _, tt := range []struct {
		name     string
		typ      Type
		body     string
		lim      Limits
		want     string
		tooLarge bool
	}{
		{"negative count of contexts", Tdispatch, "\x80\x00", Limits{}, "contexts: negative", false},
		{"negative length of a key", Tdispatch, "\x00\x01\xff\xff", Limits{}, "contexts: negative", false},
		{"negative length of a destination", Tdispatch, "\x00\x00\x80\x00", Limits{}, "destination: negative", false},
		{"count of contexts over its limit", Tdispatch, "\x00\x03", Limits{Pairs: 2}, "limit of 2", true},
		{"count of overrides over its limit", Tdispatch, "\x00\x00\x00\x00\x00\x03", Limits{Pairs: 2}, "limit of 2", true},
		{"contexts over the limit of bytes", Tdispatch, "\x00\x01\x00\x04abcd\x00\x00\x00\x00\x00\x00", Limits{Header: 7}, "limit of 7", true},
		{"destination over the limit of bytes", Tdispatch, "\x00\x00\x00\x04abcd\x00\x00", Limits{Header: 7}, "limit of 7", true},
		{"contexts of an answer over the limit", Rdispatch, "\x00\x00\x01\x00\x04abcd\x00\x00", Limits{Header: 8}, "limit of 8", true},
		{"negative length of an init key", Tinit, "\x00\x01\xff\xff\xff\xff", Limits{}, "init key: negative", false},
		{"init over the limit of bytes", Tinit, "\x00\x01\x00\x00\x00\x04abcd\x00\x00\x00\x00", Limits{Header: 9}, "limit of 9", true},
		{"init over the limit of headers", Tinit, "\x00\x01" + strings.Repeat("\x00", 16), Limits{Pairs: 1}, "limit of 1", true},
		{"lease of another unit", Tlease, "\x01\x00\x00\x00\x00\x00\x00\x00\x00", Limits{}, "unit 1", false},
		{"lease with something behind", Tlease, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", Limits{}, "10 bytes", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseBody(tt.typ, []byte(tt.body), tt.lim)
			var fault *wire.Error
			if !errors.As(err, &fault) {
				t.Fatalf("error %v, want a *wire.Error", err)
			}
			if fault.TooLarge() != tt.tooLarge || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want %q in it", err, tt.want)
			}
		})
	}
}

func TestLimitsAtTheirEdge(t *testing.T) {
	body := []byte("\x00\x01\x00\x01a\x00\x01b\x00\x00\x00\x01\x00\x01c\x00\x01dpayload")
	header, err := parseBody(Tdispatch, body, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, lim := range []Limits{{Header: header, Pairs: 1}, {Header: -1, Pairs: -1}} {
		if _, err := parseBody(Tdispatch, body, lim); err != nil {
			t.Errorf("%+v: %v", lim, err)
		}
	}
	if _, err := parseBody(Tdispatch, body, Limits{Header: header - 1}); err == nil {
		t.Error("one byte over the limit was taken")
	}
}

func TestAddPairLimits(t *testing.T) {
	var p Pairs
	if err := AddPair(&p, strings.Repeat("k", MaxField), []byte("v")); err != nil {
		t.Error(err)
	}
	before := len(p.Bytes())
	if err := AddPair(&p, "k", make([]byte, MaxField+1)); err == nil || p.Len() != 1 || len(p.Bytes()) != before {
		t.Errorf("a value over MaxField: %v, %d pairs", err, p.Len())
	}
	for p.Len() < MaxField {
		if err := AddPair(&p, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := AddPair(&p, "", ""); err == nil {
		t.Error("more pairs than a count can say")
	}
}

func TestAddPairLeavesParsedBytesAlone(t *testing.T) {
	body := append([]byte(nil), bodyOf(t, "tdispatch-retry-1")...)
	q, err := ParseTdispatch(body, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := AddPair(&q.Contexts, "key", "value"); err != nil {
		t.Fatal(err)
	}
	if v, _ := q.Contexts.Get("key"); string(v) != "value" {
		t.Errorf("value %q", v)
	}
	if string(body) != string(bodyOf(t, "tdispatch-retry-1")) {
		t.Error("the parsed bytes were written to")
	}
}

func TestTdispatchCutsALongDestination(t *testing.T) {
	long := []byte(strings.Repeat("/", MaxField+1))
	q, err := ParseTdispatch(AppendTdispatch(nil, Request{Dst: long, Payload: []byte("p")}), Limits{})
	if err != nil || len(q.Dst) != MaxField || string(q.Payload) != "p" {
		t.Errorf("destination of %d, payload %q, %v", len(q.Dst), q.Payload, err)
	}
}

func TestResend(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status Status
		flags  int // -1: no context
		want   bool
	}{
		{"bare NACK", StatusNack, -1, true},
		{"NACK, retryable", StatusNack, 1, true},
		{"NACK, retryable and rejected", StatusNack, 3, true},
		{"NACK, rejected only", StatusNack, 2, false},
		{"NACK, not to be sent again", StatusNack, 4, false},
		{"NACK that contradicts itself", StatusNack, 5, false},
		{"error, retryable and rejected", StatusError, 3, true},
		{"error, retryable but perhaps attempted", StatusError, 1, false},
		{"bare error", StatusError, -1, false},
		{"success with flags", StatusOK, 3, false},
	} {
		s := Response{Status: tt.status}
		if tt.flags >= 0 {
			if err := AddPair(&s.Contexts, FailureKey, Failure(tt.flags).Append(nil)); err != nil {
				t.Fatal(err)
			}
		}
		if s.Resend() != tt.want {
			t.Errorf("%s: %v", tt.name, !tt.want)
		}
	}
	var short Response
	short.Status = StatusNack
	if err := AddPair(&short.Contexts, FailureKey, "1234567"); err != nil || short.Failure() != Retryable|Rejected {
		t.Errorf("a short value counts: %v, %v", short.Failure(), err)
	}
}

func TestFailureVectors(t *testing.T) {
	for name, want := range map[string]Failure{
		"rdispatch-error-nonretryable": Rejected | NonRetryable,
		"rdispatch-nack-flags":         Retryable | Rejected,
		"rdispatch-nack-retryable":     Retryable,
		"rdispatch-nack-bare":          Retryable | Rejected,
		"rdispatch-error":              0,
		"rdispatch-ok":                 0,
	} {
		s, err := ParseRdispatch(bodyOf(t, name), Limits{})
		if err != nil || s.Failure() != want {
			t.Errorf("%s: %v, %v, want %v", name, s.Failure(), err, want)
		}
	}
	if f, ok := ParseFailure([]byte("\x00\x00\x00\x00\x00\x00\x00\x06more")); !ok || f != 6 {
		t.Errorf("a longer value: %v, %v", f, ok)
	}
}

func TestTreqTrace(t *testing.T) {
	trace := "\x01\x18" + strings.Repeat("\x11", 8) + strings.Repeat("\x22", 8) + strings.Repeat("\x33", 8)
	want := Trace{Span: 0x1111111111111111, Parent: 0x2222222222222222, ID: 0x3333333333333333}
	debug := want
	debug.Flags = FlagDebug
	for _, tt := range []struct {
		name, body string
		want       Trace
		ok         bool
	}{
		{"no keys", "\x00payload", Trace{}, false},
		{"trace alone", "\x01" + trace + "payload", want, true},
		{"trace and debug", "\x02" + trace + "\x02\x01\xffpayload", debug, true},
		{"unknown keys are skipped", "\x03\x09\x02ab" + trace + "\x63\x00payload", want, true},
		{"a trace of a wrong length is ignored", "\x02\x01\x17" + trace[2:25] + "\x02\x01\x00payload", Trace{}, false},
	} {
		q, err := ParseTreq([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got, ok := q.Trace(); got != tt.want || ok != tt.ok || string(q.Payload) != "payload" {
			t.Errorf("%s: %+v, %v, payload %q", tt.name, got, ok, q.Payload)
		}
		if again := AppendTreq(nil, q); string(again) != tt.body {
			t.Errorf("%s: written as %x", tt.name, again)
		}
	}
}

func TestLeaseTooLong(t *testing.T) {
	d, err := ParseTlease([]byte("\x00\xff\xff\xff\xff\xff\xff\xff\xff"))
	if err != nil || d != math.MaxInt64 {
		t.Errorf("%v, %v", d, err)
	}
	for _, d := range []time.Duration{-time.Second, 0, 1500 * time.Microsecond, math.MaxInt64} {
		f, _, err := ParseFrame(AppendTlease(nil, d), 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseTlease(f.Body)
		if want := max(d, 0).Truncate(time.Millisecond); err != nil || got != want {
			t.Errorf("%v written reads %v, %v", d, got, err)
		}
	}
}
