// Package finagle runs Finagle's own clients against oneport: the one of
// ThriftMux, and the plain one of Thrift, which asks for an upgrade first.
//
// The client is a Java program in the folder client, which runs one case and
// says how it went. Most cases are run against examples/foobar; for those in
// which servers refuse calls or go away, the test serves them itself, and counts
// by a call's own text how often it ran.
//
// Without Java, Maven or the jars that Maven fetches, the client is NOT RUN, and
// the report at the end of make test says why. With CI=true in the environment
// that is a failure.
package finagle
