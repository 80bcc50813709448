// Package grpc runs the real interceptors of go-grpc-middleware v2 on oneport and
// beside them on a real gRPC server, and the filter for OpenTelemetry on its SDK.
// It is a module of its own, so that who uses oneport needs none of them.
package grpc
