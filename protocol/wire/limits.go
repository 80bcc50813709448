package wire

import "math"

// The defaults of [Limits].
const (
	DefaultName    = 1 << 10    // bytes
	DefaultDepth   = 64         // levels
	DefaultMessage = 16_384_000 // bytes: the frame limit of the Apache runtimes
)

// noLimit is what a negative limit means: that of the formats, 2^31-1, less
// what may be added to a length without overflow where an int has 32 bits.
const noLimit = math.MaxInt32 - 64

// Limits bounds what is accepted from a peer. For each field 0 means the
// default and a negative value no limit but 2^31-65, almost all that the
// formats can hold.
type Limits struct {
	Name    int // bytes of a message's name, "Service:" included; default DefaultName
	Depth   int // nested structs and containers, the outermost struct included; default DefaultDepth
	Message int // bytes of a message without a frame's length; default DefaultMessage
}

func (l Limits) resolved() Limits {
	return Limits{
		Name:    limit(l.Name, DefaultName),
		Depth:   limit(l.Depth, DefaultDepth),
		Message: limit(l.Message, DefaultMessage),
	}
}

func limit(n, byDefault int) int {
	switch {
	case n == 0:
		return byDefault
	case n < 0 || n > noLimit:
		return noLimit
	}
	return n
}
