package thriftmux

import "strconv"

// Type is the type of a message, a signed byte on the wire. Types of 64 and more,
// their sign aside, are messages of the session, smaller ones of the application.
type Type int8

// The messages, with the layout of their bodies. name:4 is a field of 4 bytes,
// name~4 a length of 4 bytes followed by that many. Two messages have a second
// number that readers accept too (see Frame.Newer); these are the ones to write.
const (
	Treq       Type = 1   // nkeys:1 (key:1 value~1){nkeys} payload:rest
	Rreq       Type = -1  // status:1 payload:rest
	Tdispatch  Type = 2   // nctx:2 (key~2 value~2){nctx} dst~2 ndtab:2 (from~2 to~2){ndtab} payload:rest
	Rdispatch  Type = -2  // status:1 nctx:2 (key~2 value~2){nctx} payload:rest
	Tdrain     Type = 64  // empty
	Rdrain     Type = -64 // empty
	Tping      Type = 65  // empty
	Rping      Type = -65 // empty
	Tdiscarded Type = -62 // discard_tag:3 why:rest
	Rdiscarded Type = -66 // empty
	Tlease     Type = 67  // unit:1 howmuch:8
	Tinit      Type = 68  // version:2 (key~4 value~4)*
	Rinit      Type = -68 // version:2 (key~4 value~4)*
	Rerr       Type = 127 // why:rest
)

// The newer numbers. Finagle reads them and writes the older ones.
const (
	newerTdiscarded Type = 66
	newerRerr       Type = -128
)

// String returns the message's name, "Tdispatch", or "type N" for an unknown one.
func (t Type) String() string {
	switch t {
	case Treq:
		return "Treq"
	case Rreq:
		return "Rreq"
	case Tdispatch:
		return "Tdispatch"
	case Rdispatch:
		return "Rdispatch"
	case Tdrain:
		return "Tdrain"
	case Rdrain:
		return "Rdrain"
	case Tping:
		return "Tping"
	case Rping:
		return "Rping"
	case Tdiscarded:
		return "Tdiscarded"
	case Rdiscarded:
		return "Rdiscarded"
	case Tlease:
		return "Tlease"
	case Tinit:
		return "Tinit"
	case Rinit:
		return "Rinit"
	case Rerr:
		return "Rerr"
	}
	return "type " + strconv.Itoa(int(t))
}

// known reports whether t is one of the constants above; those end where a new
// one would have to be added here too.
func (t Type) known() bool {
	switch t {
	case Treq, Rreq, Tdispatch, Rdispatch, Tdrain, Rdrain, Tping, Rping,
		Tdiscarded, Rdiscarded, Tlease, Tinit, Rinit, Rerr:
		return true
	}
	return false
}

// fragments reports whether messages of this type may come in pieces.
func (t Type) fragments() bool { return t == Tdispatch || t == Rdispatch }

// older is the number that this package uses for t.
func (t Type) older() (_ Type, newer bool) {
	switch t {
	case newerTdiscarded:
		return Tdiscarded, true
	case newerRerr:
		return Rerr, true
	}
	return t, false
}

// newer is the other number of t, or t itself.
func (t Type) newer() Type {
	switch t {
	case Tdiscarded:
		return newerTdiscarded
	case Rerr:
		return newerRerr
	}
	return t
}
