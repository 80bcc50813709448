package mux

import "testing"

// grpcNames are the gRPC status codes by number (google.rpc.Code).
var grpcNames = [...]string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
	"ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
	"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}

func TestCodesToGRPC(t *testing.T) {
	for code, want := range map[Code]string{
		Unknown: "UNKNOWN", UnknownMethod: "UNIMPLEMENTED", InvalidMessageType: "INVALID_ARGUMENT",
		WrongMethodName: "INTERNAL", BadSequenceID: "INTERNAL", MissingResult: "INTERNAL", InternalError: "INTERNAL",
		ProtocolError: "INVALID_ARGUMENT", InvalidTransform: "INVALID_ARGUMENT", InvalidProtocol: "INVALID_ARGUMENT",
		UnsupportedClientType: "INVALID_ARGUMENT", ValidationFailed: "INVALID_ARGUMENT",
		Overloaded: "RESOURCE_EXHAUSTED", DeadlineExceeded: "DEADLINE_EXCEEDED", Canceled: "CANCELLED",
		Unavailable: "UNAVAILABLE", PermissionDenied: "PERMISSION_DENIED", 1234: "UNKNOWN",
	} {
		if got := grpcNames[code.GRPC()]; got != want {
			t.Errorf("%v is %s, want %s", code, got, want)
		}
	}
}

func TestCodesFromGRPC(t *testing.T) {
	known := map[string]Code{"CANCELLED": Canceled, "UNKNOWN": Unknown, "INVALID_ARGUMENT": ValidationFailed,
		"DEADLINE_EXCEEDED": DeadlineExceeded, "PERMISSION_DENIED": PermissionDenied, "RESOURCE_EXHAUSTED": Overloaded,
		"UNIMPLEMENTED": UnknownMethod, "UNAVAILABLE": Unavailable, "UNAUTHENTICATED": PermissionDenied}
	for n, name := range grpcNames {
		want, ok := known[name]
		if !ok {
			want = InternalError
		}
		if got := FromGRPC(uint32(n)); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := FromGRPC(17); got != InternalError {
		t.Errorf("a number that gRPC has not is %v", got)
	}
}

func TestCodeLabel(t *testing.T) {
	for code, want := range map[Code]string{Overloaded: "overloaded", InternalError: "internal error", 77: "other", -1: "other"} {
		if got := code.Label(); got != want {
			t.Errorf("%v has label %q, want %q", code, got, want)
		}
	}
}
