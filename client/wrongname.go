package client

import (
	"bytes"
	"fmt"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// answeredBy reports whether a reply with m's id is under m's name: the method, or
// "service:method" as it was sent. Apache's servers answer by the method. Its C++
// server answers calls to unknown services by the whole name. No server that was
// tried answers under any other name, and Apache's clients accept only the method.
func (m *call) answeredBy(r *reply) bool {
	return r.made || string(r.name) == m.method || m.isWhole(r.name)
}

// isWhole reports whether name is m's name as sent, with the service. Few servers answer
// under that: for all others answeredBy is to cost no call.
//
//go:noinline
func (m *call) isWhole(name []byte) bool {
	var room [128]byte
	return bytes.Equal(name, wire.AppendName(room[:0], m.service, m.method))
}

// wrongName is the failure of a call whose reply is under the name of another
// method.
type wrongName struct {
	got, want string
}

// maxNameShown bounds how much of a server's name for a call an error shows, in
// bytes.
const maxNameShown = 64

func newWrongName(got []byte, m *call) error {
	return &wrongName{got: string(got[:min(len(got), maxNameShown)]), want: m.method}
}

func (e *wrongName) Error() string {
	return fmt.Sprintf("the server answers a call of %q under the name %q", e.want, e.got)
}
