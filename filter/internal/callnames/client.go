// Package callnames decides which names of a client's calls become labels.
package callnames

import (
	"github.com/oneport-thrift/oneport/internal/labels"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// Max bounds the names of a client's calls. A table with an entry for each name needs
// room for so many.
const Max = 1024

// maxPassedOn bounds the names among them that strangers can have made up. A table with
// a second entry for the oneway calls of each still has half of its room for others.
const maxPassedOn = Max / 4

// Name is the name of a call, in valid UTF-8 of a bounded length.
type Name struct{ Service, Method string }

// Client are the names of a client's calls. A client has no routes to tell which
// methods there are.
type Client struct{ passedOn *labels.Set[Name] }

// NewClient returns a Client that knows no names.
func NewClient() *Client { return &Client{labels.New[Name](maxPassedOn)} }

// Of returns the name of req, and whether it may be a label as far as strangers are
// concerned. The names of calls that the program makes itself may. Those of calls that
// came from a peer and are passed on must be answered first, as those of a service
// without a list of its methods must: see [mux.Route.MethodLabel].
func (c *Client) Of(req *mux.Request, answered bool) (n Name, ok bool) {
	n = Name{text.Label(req.Service), text.Label(req.Method)}
	switch {
	case req.Peer == nil:
		return n, true
	case answered:
		return n, c.passedOn.Answered(n)
	}
	return n, c.passedOn.Has(n)
}
