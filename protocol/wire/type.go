package wire

import "strconv"

// Type is the type of a message (Thrift remote procedure call, message).
// The zero Type is not valid on the wire.
type Type byte

// The message types.
const (
	Call      Type = 1 // a request that is answered by a Reply or an Exception
	Reply     Type = 2 // a result struct: a value or a declared exception
	Exception Type = 3 // a TApplicationException struct
	Oneway    Type = 4 // a request that is never answered
)

// String returns the type's name in lower case, or "type(N)" for any other value.
func (t Type) String() string {
	switch t {
	case Call:
		return "call"
	case Reply:
		return "reply"
	case Exception:
		return "exception"
	case Oneway:
		return "oneway"
	}
	return "type(" + strconv.Itoa(int(t)) + ")"
}

func (t Type) valid() bool { return t >= Call && t <= Oneway }
