package grpc

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// outcomes are the messages that echo does something about, and the code which
// each is on both servers.
var outcomes = []struct {
	msg  string
	code codes.Code
}{
	{"hello", codes.OK},
	{"not found", codes.NotFound},
	{"exhausted", codes.ResourceExhausted},
	{"plain", codes.Unknown},
	{"", codes.InvalidArgument}, // by the validator
}

// echo answers a call, on either server.
func echo(_ context.Context, msg string) (string, error) {
	switch msg {
	case "not found":
		return "", status.Error(codes.NotFound, "no such thing")
	case "exhausted":
		return "", status.Error(codes.ResourceExhausted, "none left")
	case "plain":
		return "", errors.New("disk is full")
	case "panic":
		panic("oops")
	}
	return msg, nil
}
