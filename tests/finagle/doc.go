// Package finagle runs Finagle's own clients against oneport's server, and
// oneport's client against Finagle's own servers: those of ThriftMux, and the plain
// ones of Thrift, whose client asks for an upgrade first.
//
// Finagle's side is two Java programs in the folder java. The client runs one case
// and says how it went. Most cases are run against examples/foobar; for those in
// which servers refuse calls or go away, the test serves them itself, and counts
// by a call's own text how often it ran.
//
// Without Java, Maven or the jars that Maven fetches, the suite is NOT RUN, and
// the report at the end of make test says why. With CI=true in the environment
// that is a failure.
package finagle
