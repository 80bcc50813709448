package mux_test

import (
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
)

// TestCodes has the numbers of TApplicationException's types and of google.rpc.Code.
func TestCodes(t *testing.T) {
	for _, tt := range []struct {
		code   mux.Code
		thrift int32
		name   string
		http   int
		grpc   uint32
		back   mux.Code // of grpc
		notRun bool
	}{
		{mux.Unknown, thrift.UNKNOWN_APPLICATION_EXCEPTION, "unknown", 500, 2, mux.Unknown, false},
		{mux.UnknownMethod, thrift.UNKNOWN_METHOD, "unknown method", 404, 12, mux.UnknownMethod, true},
		{mux.InvalidMessageType, thrift.INVALID_MESSAGE_TYPE_EXCEPTION, "invalid message type", 400, 3, mux.ValidationFailed, false},
		{mux.WrongMethodName, thrift.WRONG_METHOD_NAME, "wrong method name", 500, 13, mux.InternalError, false},
		{mux.BadSequenceID, thrift.BAD_SEQUENCE_ID, "bad sequence id", 500, 13, mux.InternalError, false},
		{mux.MissingResult, thrift.MISSING_RESULT, "missing result", 500, 13, mux.InternalError, false},
		{mux.InternalError, thrift.INTERNAL_ERROR, "internal error", 500, 13, mux.InternalError, false},
		{mux.ProtocolError, thrift.PROTOCOL_ERROR, "protocol error", 400, 3, mux.ValidationFailed, false},
		{mux.InvalidTransform, thrift.INVALID_TRANSFORM, "invalid transform", 400, 3, mux.ValidationFailed, false},
		{mux.InvalidProtocol, thrift.INVALID_PROTOCOL, "invalid protocol", 400, 3, mux.ValidationFailed, false},
		{mux.UnsupportedClientType, thrift.UNSUPPORTED_CLIENT_TYPE, "unsupported client type", 400, 3, mux.ValidationFailed, false},
		{mux.ValidationFailed, thrift.VALIDATION_FAILED, "validation failed", 400, 3, mux.ValidationFailed, false},
		{mux.Overloaded, 101, "overloaded", 503, 8, mux.Overloaded, true},
		{mux.DeadlineExceeded, 102, "deadline exceeded", 504, 4, mux.DeadlineExceeded, false},
		{mux.Canceled, 103, "canceled", 499, 1, mux.Canceled, false},
		{mux.Unavailable, 104, "unavailable", 503, 14, mux.Unavailable, true},
		{mux.PermissionDenied, 105, "permission denied", 403, 7, mux.PermissionDenied, true},
		{mux.Code(77), 77, "code 77", 500, 2, mux.Unknown, false},
		{mux.Code(-1), -1, "code -1", 500, 2, mux.Unknown, false},
	} {
		c := tt.code
		if int32(c) != tt.thrift || c.String() != tt.name || c.HTTPStatus() != tt.http || c.GRPC() != tt.grpc || c.NotRun() != tt.notRun {
			t.Errorf("%d: %q, HTTP %d, gRPC %d, not run %v; want %+v", c, c, c.HTTPStatus(), c.GRPC(), c.NotRun(), tt)
		}
		if back := mux.FromGRPC(c.GRPC()); back != tt.back {
			t.Errorf("%v: gRPC's %d is %v, want %v", c, c.GRPC(), back, tt.back)
		}
	}
}

func TestFromGRPC(t *testing.T) {
	want := map[uint32]mux.Code{
		1: mux.Canceled, 2: mux.Unknown, 3: mux.ValidationFailed, 4: mux.DeadlineExceeded, 7: mux.PermissionDenied,
		8: mux.Overloaded, 12: mux.UnknownMethod, 14: mux.Unavailable, 16: mux.PermissionDenied,
	}
	for grpc := uint32(1); grpc < 20; grpc++ {
		code, ok := want[grpc]
		if !ok {
			code = mux.InternalError // NotFound, AlreadyExists and others that Thrift has no word for
		}
		if got := mux.FromGRPC(grpc); got != code {
			t.Errorf("%d is %v, want %v", grpc, got, code)
		}
	}
}

// TestCodeNamesAreLabels wants names without line breaks, quotes or capitals.
func TestCodeNamesAreLabels(t *testing.T) {
	for c := mux.Code(0); c < 110; c++ {
		if s := c.String(); s == "" || strings.ToLower(s) != s || strings.ContainsAny(s, "\n\"\\") {
			t.Errorf("%d is %q", int32(c), s)
		}
	}
}
