// Package wire is Apache Thrift as bytes: message headers, names, frames,
// exceptions, the end of a struct, and what a new connection speaks.
//
// A router reads the header of a message and leaves its body alone:
//
//	h, err := wire.ParseHeader(wire.Binary, msg, wire.DefaultName)
//	switch {
//	case err != nil: // malformed, or a name over the limit: a *wire.Error
//	case h.Size == 0: // msg ends inside the header: read more and ask again
//	}
//	service, method := wire.SplitName(h.Name)
//	body, err := wire.Body(wire.Binary, msg[h.Size:])
//
// A few rules hold in the whole package:
//
//   - "More bytes are needed" is an outcome of its own (a size of 0), not an
//     error. An error is always an [*Error] and ends the connection.
//   - Parsers return views of the bytes they were given, valid as long as those
//     are, and allocate nothing. Append functions write to the caller's slice.
//   - No length that was read is believed: memory is never taken for it, and
//     it is held against a limit before anything waits for its bytes.
//   - All functions may be called concurrently. [Skipper] and [MessageReader]
//     keep state and belong to one goroutine at a time.
//
// The formats are those of the "Thrift binary protocol", "Thrift compact
// protocol" and "Thrift remote procedure call" specifications; the JSON
// protocol has no specification besides the Apache runtimes.
package wire
