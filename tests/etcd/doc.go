// Package etcd runs oneport's client with the endpoints that a real etcd tells it,
// by the resolver that etcd has for gRPC.
package etcd
