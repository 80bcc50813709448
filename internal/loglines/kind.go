package loglines

import (
	"errors"

	"github.com/oneport-thrift/oneport/mux"
)

// Kind returns what a call's failure has its own bound of lines for: the panics of one
// place, or the failures of one method with one code. It is made of labels, of which
// there are few, and never of the error's text.
func Kind(req *mux.Request, err error) string {
	if p := (*mux.PanicError)(nil); errors.As(err, &p) {
		return "panic " + Place(p.Stack)
	}
	service, method := req.Labels()
	return service + ":" + method + " " + mux.CodeOf(err).Label()
}
