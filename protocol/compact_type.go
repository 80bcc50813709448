package protocol

import "github.com/apache/thrift/lib/go/thrift"

// Type codes of the compact protocol that stand for themselves in code below (Thrift compact
// protocol, struct encoding). In a field's header the two bools are the value.
const (
	compactStop  = 0x00
	compactTrue  = 0x01
	compactFalse = 0x02
)

// compactCodes holds the compact protocol's code of each type. It is 0 for those without one, as the
// runtime writes them.
var compactCodes = [...]byte{
	thrift.BOOL:   compactTrue,
	thrift.BYTE:   0x03,
	thrift.I16:    0x04,
	thrift.I32:    0x05,
	thrift.I64:    0x06,
	thrift.DOUBLE: 0x07,
	thrift.STRING: 0x08,
	thrift.LIST:   0x09,
	thrift.SET:    0x0a,
	thrift.MAP:    0x0b,
	thrift.STRUCT: 0x0c,
	thrift.UUID:   0x0d,
}

// compactTypes holds the type of each code. The codes 14 and 15 have none; they are STOP here.
var compactTypes = [16]thrift.TType{
	compactTrue:  thrift.BOOL,
	compactFalse: thrift.BOOL,
	0x03:         thrift.BYTE,
	0x04:         thrift.I16,
	0x05:         thrift.I32,
	0x06:         thrift.I64,
	0x07:         thrift.DOUBLE,
	0x08:         thrift.STRING,
	0x09:         thrift.LIST,
	0x0a:         thrift.SET,
	0x0b:         thrift.MAP,
	0x0c:         thrift.STRUCT,
	0x0d:         thrift.UUID,
}

func compactCode(t thrift.TType) byte {
	if int(t) < len(compactCodes) {
		return compactCodes[t]
	}
	return 0
}

// compactType returns the type of the code in the low four bits of b, and whether there is one.
func compactType(b byte) (t thrift.TType, known bool) {
	code := b & 0x0f
	t = compactTypes[code]
	return t, t != thrift.STOP || code == compactStop
}

// compactFixedSize is the size in bytes of every value of type t, or 0 where sizes differ. Bools are
// not among them: one may be read without a byte.
func compactFixedSize(t thrift.TType) int {
	switch t {
	case thrift.BYTE:
		return 1
	case thrift.DOUBLE:
		return 8
	case thrift.UUID:
		return 16
	default:
		return 0
	}
}

// compactMinSize is the least number of bytes of an element of type t.
func compactMinSize(t thrift.TType) int { return max(compactFixedSize(t), 1) }
