package theader

import (
	"fmt"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Offsets in errors count from the magic.

func malformed(offset, seen int, format string, args ...any) error {
	return &wire.Error{Kind: wire.Malformed, What: "THeader " + fmt.Sprintf(format, args...), Offset: offset, Seen: int64(seen)}
}

func overLimit(what string, offset, seen, limit int) error {
	return &wire.Error{Kind: wire.TooLarge, What: "THeader " + what, Offset: offset, Seen: int64(seen), Limit: int64(limit)}
}

func truncated(what string, offset int) error {
	return &wire.Error{Kind: wire.Truncated, What: "THeader " + what, Offset: offset}
}
