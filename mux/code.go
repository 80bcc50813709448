package mux

import "fmt"

// Code says why a call failed. Codes 0 to 11 are the types of Thrift's
// TApplicationException; the others are ours and travel as types of their own,
// which every runtime reads as a number. A code does not say whether the call was
// run: see [NotRun].
type Code int32

// The types of TApplicationException (Thrift RPC specification, "Response struct").
const (
	Unknown               Code = 0
	UnknownMethod         Code = 1
	InvalidMessageType    Code = 2
	WrongMethodName       Code = 3
	BadSequenceID         Code = 4
	MissingResult         Code = 5
	InternalError         Code = 6
	ProtocolError         Code = 7
	InvalidTransform      Code = 8
	InvalidProtocol       Code = 9
	UnsupportedClientType Code = 10
	ValidationFailed      Code = 11
)

// The codes that TApplicationException lacks.
const (
	// Overloaded: a bound was reached.
	Overloaded Code = 101
	// DeadlineExceeded: the call's time was over.
	DeadlineExceeded Code = 102
	// Canceled: the client went away or took the call back.
	Canceled Code = 103
	// Unavailable: something that the call needs could not be reached.
	Unavailable Code = 104
	// PermissionDenied: the caller may not do this.
	PermissionDenied Code = 105
)

// codeRow maps a code to the other tables of the field: the name, the HTTP
// status, and the number of the gRPC status code (google.rpc.Code). The way back
// is fromGRPC.
type codeRow struct {
	name string
	http int
	grpc uint32
}

var codes = map[Code]codeRow{
	Unknown:               {"unknown", 500, 2},
	UnknownMethod:         {"unknown method", 404, 12},
	InvalidMessageType:    {"invalid message type", 400, 3},
	WrongMethodName:       {"wrong method name", 500, 13},
	BadSequenceID:         {"bad sequence id", 500, 13},
	MissingResult:         {"missing result", 500, 13},
	InternalError:         {"internal error", 500, 13},
	ProtocolError:         {"protocol error", 400, 3},
	InvalidTransform:      {"invalid transform", 400, 3},
	InvalidProtocol:       {"invalid protocol", 400, 3},
	UnsupportedClientType: {"unsupported client type", 400, 3},
	ValidationFailed:      {"validation failed", 400, 3},
	Overloaded:            {"overloaded", 503, 8},
	DeadlineExceeded:      {"deadline exceeded", 504, 4},
	Canceled:              {"canceled", 499, 1},
	Unavailable:           {"unavailable", 503, 14},
	PermissionDenied:      {"permission denied", 403, 7},
}

// String returns the code's name, or its number if it is not known.
func (c Code) String() string {
	if r, ok := codes[c]; ok {
		return r.name
	}
	return fmt.Sprintf("code %d", int32(c))
}

// Label returns the code's name, and "other" for codes that are not known: a
// handler may fail a call with any number, and labels of metrics must be few.
func (c Code) Label() string {
	if r, ok := codes[c]; ok {
		return r.name
	}
	return otherLabel
}

// HTTPStatus returns the HTTP status that says the same, 500 for codes that are
// not known.
func (c Code) HTTPStatus() int {
	if r, ok := codes[c]; ok {
		return r.http
	}
	return 500
}

// GRPC returns the gRPC status code that says the same, 2 (Unknown) for codes
// that are not known.
func (c Code) GRPC() uint32 {
	if r, ok := codes[c]; ok {
		return r.grpc
	}
	return 2
}

// fromGRPC is the table of codes read from gRPC's side: the index is the number
// of a gRPC status code. What Thrift has no word for is InternalError.
var fromGRPC = [...]Code{
	0:  InternalError, // OK, which is no failure and so cannot be the code of one
	1:  Canceled,
	2:  Unknown,
	3:  ValidationFailed, // InvalidArgument
	4:  DeadlineExceeded,
	5:  InternalError, // NotFound: of what was asked for, not of the method
	6:  InternalError, // AlreadyExists
	7:  PermissionDenied,
	8:  Overloaded,    // ResourceExhausted
	9:  InternalError, // FailedPrecondition
	10: InternalError, // Aborted
	11: InternalError, // OutOfRange
	12: UnknownMethod, // Unimplemented
	13: InternalError,
	14: Unavailable,
	15: InternalError,    // DataLoss
	16: PermissionDenied, // Unauthenticated
}

// FromGRPC returns the code that says the same as a gRPC status code other than
// OK. Codes that Thrift has no word for become InternalError.
func FromGRPC(code uint32) Code {
	if code < uint32(len(fromGRPC)) {
		return fromGRPC[code]
	}
	return InternalError
}
