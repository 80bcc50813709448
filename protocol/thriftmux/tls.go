package thriftmux

// TLS is a side's willingness to go on in TLS.
type TLS byte

// The levels. Zero is off, which an absent or unknown header means too.
const (
	TLSOff TLS = iota
	TLSDesired
	TLSRequired
)

// String returns the value of the InitTLS header.
func (t TLS) String() string {
	switch t {
	case TLSDesired:
		return "desired"
	case TLSRequired:
		return "required"
	}
	return "off"
}

// TLS gives the sender's level.
func (i *Init) TLS() TLS {
	value, _ := i.Get(InitTLS)
	switch string(value) {
	case "desired":
		return TLSDesired
	case "required":
		return TLSRequired
	}
	return TLSOff
}

// AgreeTLS joins both sides' levels. on: the TLS handshake follows the Rinit. ok is
// false if one side requires what the other refuses: the session fails.
func AgreeTLS(a, b TLS) (on, ok bool) {
	on = a != TLSOff && b != TLSOff
	return on, on || a != TLSRequired && b != TLSRequired
}
