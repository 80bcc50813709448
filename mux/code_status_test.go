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
	}{
		{mux.Unknown, thrift.UNKNOWN_APPLICATION_EXCEPTION, "unknown", 500},
		{mux.UnknownMethod, thrift.UNKNOWN_METHOD, "unknown method", 404},
		{mux.InvalidMessageType, thrift.INVALID_MESSAGE_TYPE_EXCEPTION, "invalid message type", 400},
		{mux.WrongMethodName, thrift.WRONG_METHOD_NAME, "wrong method name", 500},
		{mux.BadSequenceID, thrift.BAD_SEQUENCE_ID, "bad sequence id", 500},
		{mux.MissingResult, thrift.MISSING_RESULT, "missing result", 500},
		{mux.InternalError, thrift.INTERNAL_ERROR, "internal error", 500},
		{mux.ProtocolError, thrift.PROTOCOL_ERROR, "protocol error", 400},
		{mux.InvalidTransform, thrift.INVALID_TRANSFORM, "invalid transform", 400},
		{mux.InvalidProtocol, thrift.INVALID_PROTOCOL, "invalid protocol", 400},
		{mux.UnsupportedClientType, thrift.UNSUPPORTED_CLIENT_TYPE, "unsupported client type", 400},
		{mux.ValidationFailed, thrift.VALIDATION_FAILED, "validation failed", 400},
		{mux.Overloaded, 101, "overloaded", 503},
		{mux.DeadlineExceeded, 102, "deadline exceeded", 504},
		{mux.Canceled, 103, "canceled", 499},
		{mux.Unavailable, 104, "unavailable", 503},
		{mux.PermissionDenied, 105, "permission denied", 403},
		{mux.Code(77), 77, "code 77", 500},
		{mux.Code(-1), -1, "code -1", 500},
	} {
		c := tt.code
		if int32(c) != tt.thrift || c.String() != tt.name || c.HTTPStatus() != tt.http {
			t.Errorf("%d: %q, HTTP %d; want %+v", c, c, c.HTTPStatus(), tt)
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
