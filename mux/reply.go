package mux

import (
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Reply is a handler's answer. The zero Reply is none, the right answer to a
// oneway call; a call that gets none is answered with MissingResult.
type Reply struct {
	// Type is wire.Reply or wire.Exception; zero means no reply. wire.Oneway
	// says that the method is oneway, whatever the call's type said: nothing is
	// sent, not even for an error that is returned with it.
	Type wire.Type
	// Failed says that the result carries an exception declared in the IDL.
	Failed bool
	// Header holds headers for this reply alone; dialects without headers drop
	// them. Those of a Reply that is returned beside an error leave with the
	// exception that is made of the error.
	Header Header
	// Body is the result struct, or the struct of a TApplicationException,
	// encoded in the request's protocol. Session and filters only read it.
	Body []byte
}

// ResultReply returns the reply that carries body, an encoded result struct.
// Failed is found by looking at the first field.
func ResultReply(p wire.Protocol, body []byte) Reply {
	return Reply{Type: wire.Reply, Failed: wire.Failed(p, body), Body: body}
}
