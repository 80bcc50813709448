package callnames

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oneport-thrift/oneport/mux"
)

func TestNamesOfAClient(t *testing.T) {
	c := NewClient()
	stranger := new(mux.Peer)
	call := func(peer *mux.Peer, method string, answered bool) bool {
		_, ok := c.Of(&mux.Request{Service: "S", Method: method, Peer: peer}, answered)
		return ok
	}
	for i := range 2 * Max {
		if !call(nil, fmt.Sprint("own ", i), false) {
			t.Fatalf("name %d of the program's own is refused", i)
		}
		if call(stranger, fmt.Sprint("made up ", i), false) {
			t.Fatalf("name %d is admitted without an answer", i)
		}
	}
	if !call(stranger, "get", true) || !call(stranger, "get", false) {
		t.Error("a name that was answered is refused")
	}
	admitted := 0
	for i := range 2 * Max {
		for range 100 {
			if call(stranger, fmt.Sprint("answered ", i), true) {
				admitted++
				break
			}
		}
	}
	if admitted > maxPassedOn {
		t.Errorf("%d names of strangers are admitted, want at most %d", admitted, maxPassedOn)
	}
	n, _ := c.Of(&mux.Request{Service: "S\xff", Method: strings.Repeat("m\xff", 500)}, true)
	if n.Service != "S\uFFFD" || !utf8.ValidString(n.Method) || len(n.Method) > 256 {
		t.Errorf("a name of bytes is %q", n)
	}
}
