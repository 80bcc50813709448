package theader

import "fmt"

// UnsupportedError is a well-formed header that asks for a protocol or a
// transform this package does not have. The frame's bounds are known, so the
// connection can live on after an exception: INVALID_PROTOCOL or INVALID_TRANSFORM.
type UnsupportedError struct {
	What string // "protocol" or "transform"
	ID   uint32 // as on the wire
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("theader: %s %d is not supported", e.What, e.ID)
}
