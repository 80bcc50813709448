package thriftmux

import (
	"fmt"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

func malformed(offset, seen int, format string, args ...any) error {
	return &wire.Error{Kind: wire.Malformed, What: "Mux " + fmt.Sprintf(format, args...), Offset: offset, Seen: int64(seen)}
}

func overLimit(what string, offset, seen, limit int) error {
	return &wire.Error{Kind: wire.TooLarge, What: "Mux " + what, Offset: offset, Seen: int64(seen), Limit: int64(limit)}
}

func truncated(what string, offset int) error {
	return &wire.Error{Kind: wire.Truncated, What: "Mux " + what, Offset: offset}
}
