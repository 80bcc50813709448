package mux_test

import (
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
)

// TestCodes has the numbers of TApplicationException's types.
func TestCodes(t *testing.T) {
	for _, tt := range []struct {
		code   mux.Code
		thrift int32
		name   string
		http   int
		notRun bool
	}{
		{mux.Unknown, thrift.UNKNOWN_APPLICATION_EXCEPTION, "unknown", 500, false},
		{mux.UnknownMethod, thrift.UNKNOWN_METHOD, "unknown method", 404, true},
		{mux.InvalidMessageType, thrift.INVALID_MESSAGE_TYPE_EXCEPTION, "invalid message type", 400, false},
		{mux.WrongMethodName, thrift.WRONG_METHOD_NAME, "wrong method name", 500, false},
		{mux.BadSequenceID, thrift.BAD_SEQUENCE_ID, "bad sequence id", 500, false},
		{mux.MissingResult, thrift.MISSING_RESULT, "missing result", 500, false},
		{mux.InternalError, thrift.INTERNAL_ERROR, "internal error", 500, false},
		{mux.ProtocolError, thrift.PROTOCOL_ERROR, "protocol error", 400, false},
		{mux.InvalidTransform, thrift.INVALID_TRANSFORM, "invalid transform", 400, false},
		{mux.InvalidProtocol, thrift.INVALID_PROTOCOL, "invalid protocol", 400, false},
		{mux.UnsupportedClientType, thrift.UNSUPPORTED_CLIENT_TYPE, "unsupported client type", 400, false},
		{mux.ValidationFailed, thrift.VALIDATION_FAILED, "validation failed", 400, false},
		{mux.Overloaded, 101, "overloaded", 503, true},
		{mux.DeadlineExceeded, 102, "deadline exceeded", 504, false},
		{mux.Canceled, 103, "canceled", 499, false},
		{mux.Unavailable, 104, "unavailable", 503, true},
		{mux.PermissionDenied, 105, "permission denied", 403, true},
		{mux.Code(77), 77, "code 77", 500, false},
		{mux.Code(-1), -1, "code -1", 500, false},
	} {
		c := tt.code
		if int32(c) != tt.thrift || c.String() != tt.name || c.HTTPStatus() != tt.http || c.NotRun() != tt.notRun {
			t.Errorf("%d: %q, HTTP %d, not run %v; want %+v", c, c, c.HTTPStatus(), c.NotRun(), tt)
		}
	}
}

// TestCodeNamesAreLabels wants names without line breaks, quotes or capitals.
func TestCodeNamesAreLabels(t *testing.T) {
	for c := mux.Code(0); c < 110; c++ {
		if s := c.Label(); s == "" || strings.ToLower(s) != s || strings.ContainsAny(s, "\n\"\\") {
			t.Errorf("%d is %q", int32(c), s)
		}
	}
}
