package mux_test

import (
	"slices"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
)

func TestHeaderFindsKeysInAnyCase(t *testing.T) {
	h := mux.Header{{"Trace", "1"}, {"user", "bob"}, {"TRACE", "2"}, {"empty", ""}, {"Straße", "long"}}
	for key, want := range map[string][]string{
		"trace": {"1", "2"}, "Trace": {"1", "2"}, "USER": {"bob"}, "empty": {""}, "none": nil, "": nil, "straße": {"long"},
	} {
		if got := h.Values(key); !slices.Equal(got, want) {
			t.Errorf("Values(%q) = %q, want %q", key, got, want)
		}
		value, ok := h.Lookup(key)
		if ok != (want != nil) || ok && value != want[0] || h.Get(key) != value {
			t.Errorf("Lookup(%q) = %q, %v; Get %q; want the first of %q", key, value, ok, h.Get(key), want)
		}
	}
}

func TestNilHeader(t *testing.T) {
	var h mux.Header
	if v, ok := h.Lookup("a"); ok || v != "" || h.Values("a") != nil || h.Clone() != nil {
		t.Errorf("the nil header has %q", v)
	}
	h.Del("a")
	if len(h) != 0 {
		t.Errorf("after Del: %v", h)
	}
	h.Add("a", "1")
	h.Add("A", "2")
	if want := (mux.Header{{"a", "1"}, {"A", "2"}}); !slices.Equal(h, want) {
		t.Errorf("%v, want %v", h, want)
	}
}

// TestSetAndDelLeaveTheArray changes a copy of a header, as a filter does, on an
// array with fields in front of and behind it.
func TestSetAndDelLeaveTheArray(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*mux.Header)
		want   mux.Header
	}{
		{"set", func(h *mux.Header) { h.Set("TRACE", "9") }, mux.Header{{"user", "bob"}, {"TRACE", "9"}}},
		{"set another", func(h *mux.Header) { h.Set("new", "9") },
			mux.Header{{"trace", "1"}, {"user", "bob"}, {"Trace", "2"}, {"new", "9"}}},
		{"del", func(h *mux.Header) { h.Del("Trace") }, mux.Header{{"user", "bob"}}},
		{"del none", func(h *mux.Header) { h.Del("none") }, mux.Header{{"trace", "1"}, {"user", "bob"}, {"Trace", "2"}}},
		{"set, then add", func(h *mux.Header) { h.Set("user", "eve"); h.Add("user", "mallory") },
			mux.Header{{"trace", "1"}, {"Trace", "2"}, {"user", "eve"}, {"user", "mallory"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			array := mux.Header{{"trace", "1"}, {"user", "bob"}, {"Trace", "2"}, {"behind", "x"}}
			before := array.Clone()
			h := array[:3]
			tt.change(&h)
			if !slices.Equal(h, tt.want) {
				t.Errorf("%v, want %v", h, tt.want)
			}
			if !slices.Equal(array, before) {
				t.Errorf("the array became %v", array)
			}
		})
	}
}

func TestHeaderClone(t *testing.T) {
	h := mux.Header{{"a", "1"}}
	c := h.Clone()
	c[0].Value = "2"
	c.Add("b", "3")
	if !slices.Equal(h, mux.Header{{"a", "1"}}) {
		t.Errorf("the original became %v", h)
	}
}
