package peers

// The cases, in the order in which a client runs them over its one connection.
// Unless a line says otherwise, calls go through the stubs under the
// services' names, by the multiplexed protocol.
const (
	// FooApi.echo returns its argument; add is right for 2+3, -5+2 and over the top of 32 bits.
	caseFoo = "foo"
	// BarApi.echo returns "bar: " and its argument; index of a, b, a is a at 0 and 2, b at 1.
	caseBar = "bar"
	// FooApi.slow(20) returns "slept 20".
	caseSlow = "slow"
	// FooApi.fail("because") throws ApiError("because", 7).
	caseDeclared = "declared-exception"
	// After FooApi.note, the next FooApi.notes counts at least one more than the one before.
	caseOneway = "oneway"
	// "añ€😀" comes back from FooApi.echo, and from BarApi.reverse by code points.
	caseUnicode = "unicode"
	// BarApi.blob returns all 256 byte values.
	caseBlob = "blob"
	// The empty string, the empty binary and the empty list come back from FooApi.echo, blob and index.
	caseEmpty = "empty"
	// FooApi.echo under the name of a service that is not there: a TApplicationException, UNKNOWN_METHOD.
	caseUnknownService = "unknown-service"
	// BarApi's stub under FooApi's name calls reverse, and bare: UNKNOWN_METHOD both times.
	caseUnknownMethod = "unknown-method"
	// FooApi.note under the name of a service that is not there: nothing comes back.
	caseUnknownOneway = "unknown-oneway"
	// A hand-made BarApi.index with a list of the i32s 1000000 and -1: PROTOCOL_ERROR.
	caseUndecodable = "undecodable-args"
	// A frame that ends in the middle of BarApi.echo's argument: PROTOCOL_ERROR.
	caseCutFrame = "cut-frame"
	// FooApi's stub on the plain protocol, no service named, in turn with the multiplexed ones.
	caseDefault = "default-service"
	// BarApi.blob returns 64 KiB.
	caseLargeBlob = "large-blob"
	// BarApi.blob returns 8 MiB; not in JSON, where scripting languages take minutes for it.
	caseBigBlob = "big-blob"
	// FooApi.echo and BarApi.echo in turn, 100 times, every answer belonging to its call.
	caseInterleaved = "interleaved"
)

var allCases = []string{
	caseFoo, caseBar, caseSlow, caseDeclared, caseOneway, caseUnicode, caseBlob, caseEmpty,
	caseUnknownService, caseUnknownMethod, caseUnknownOneway, caseUndecodable, caseCutFrame,
	caseDefault, caseLargeBlob, caseBigBlob, caseInterleaved,
}
