package mux_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
)

// TestARefusalIsAnError wants who is told why a connection closed to find the
// bound behind it.
func TestARefusalIsAnError(t *testing.T) {
	why := fmt.Errorf("closed: %w", &mux.Refusal{Bound: "MaxConns", Err: errSecret})
	var r *mux.Refusal
	if !errors.As(why, &r) || r.Bound != "MaxConns" || !errors.Is(why, errSecret) || r.Error() != errSecret.Error() {
		t.Errorf("%v is %+v", why, r)
	}
}
