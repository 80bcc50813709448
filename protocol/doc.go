// Package protocol is Apache Thrift's protocols over bytes in memory.
//
// [Binary] and [Compact] are whole implementations of [thrift.TProtocol] that read from one byte
// slice and append to another. They write what the runtime's own protocols write and refuse what
// those refuse, without a transport, an interface call or an allocation on the way, so a generated
// stub runs on them unchanged. [JSON] is the runtime's JSON protocol in the same frame:
//
//	var p protocol.Binary
//	p.ResetBody(protocol.Message{Name: "echo", Type: thrift.CALL, SeqID: 7}, body, out[:0])
//	ok, err := processor.Process(ctx, &p, &p)
//	reply, written := p.Message() // the header that the stub wrote
//	result := p.Out()             // the bare struct behind it
//
// Differences from the runtime's protocols with their default configuration, all on reading:
//
//   - The nesting of structs and containers is limited ([Binary.MaxDepth]), and more of it is a
//     DEPTH_LIMIT exception. The runtime counts only what it skips.
//   - The slice takes the place of the limit of 100 MiB a message: no value is larger than the bytes
//     that remain.
//   - The counts of all containers of one input together must fit into its bytes, not only each for
//     itself; more is a SIZE_LIMIT exception before it is an end of input. Stubs allocate what a count
//     says, and nested counts would multiply.
//   - Input that ends early is always a [thrift.TProtocolException]; the runtime gives a bare io.EOF
//     for some types, whose class gets lost in the stub.
//
// [MultiplexedFactory] and its kin are for stock clients over streams: they put a service's name
// before the method's, as a multiplexing server wants it. [HeaderClient] does so over THeader.
package protocol
