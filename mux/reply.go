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
	// Protocol is what Body is encoded in; zero means the request's protocol. A
	// client sets it when a server has answered in another protocol than it was
	// called in, for callers that decode the reply. A handler of a server must
	// answer in the request's protocol: other replies fail the call.
	Protocol wire.Protocol
	// Header holds headers for this reply alone; dialects without headers drop
	// them. Those of a Reply that is returned beside an error leave with the
	// exception that is made of the error.
	Header Header
	// Body is the result struct, or the struct of a TApplicationException,
	// encoded in Protocol. Session and filters only read it.
	Body []byte
}

// EncodedIn returns the protocol of r's body, where r is the reply to req.
func (r *Reply) EncodedIn(req *Request) wire.Protocol {
	if r.Protocol == 0 {
		return req.Protocol
	}
	return r.Protocol
}

// ResultReply returns the reply that carries body, an encoded result struct.
// Failed is found by looking at the first field.
func ResultReply(p wire.Protocol, body []byte) Reply {
	return Reply{Type: wire.Reply, Failed: wire.Failed(p, body), Protocol: p, Body: body}
}
