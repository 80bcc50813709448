// Package peers runs clients of other makes and languages against oneport.
//
// Each client is a program of its own in a folder of its own, written on
// Apache's runtime for its language (or on another implementation) and on
// stubs that the Thrift compiler makes from the thrift folder of the root. The
// tests build it, start examples/foobar on a free port of the loopback
// interface, and run the client once for each dialect that both speak:
//
//	client HOST PORT TRANSPORT PROTOCOL CASE...
//
// The client opens one connection, runs the named cases over it in the given
// order, and prints a line for each: "ok CASE", or "FAIL CASE" and what went
// wrong. What a case does stands at the constants in cases_test.go.
//
// This is a nested module, and a Go test rather than a script, because the
// table of peers, their dialects and their exclusions is data, the test runner
// already has the timeouts, the parallelism and the report, and a user of the
// root module should not meet any of it.
//
// # Adding a language
//
// Add a folder and a row to the table in table_test.go, which names it. The
// folder has the client's sources and
//
//   - build.sh, run in the folder with $IDL (the folder of the .thrift files)
//     and $OUT (where everything it makes goes, and stays until a source or an
//     IDL changes). It leaves an executable $OUT/client. Where something that it
//     needs is not to be had, it says so by means of absent.sh;
//   - debian.txt, if Debian packages help: see tests/setup.sh.
//
// # Absent peers
//
// A peer that cannot be built here is NOT RUN, and the report at the end of
// make test says why. With CI=true in the environment it is a failure.
package peers
