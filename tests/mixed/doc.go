// Package mixed has clients of many makes call one server, on one port and at the
// same time, while that drains and is started again, again and again.
//
// The clients are Finagle's for ThriftMux, Apache's for Python (framed), for C++
// (unframed) and for Go (HTTP), and oneport's, on ThriftMux and framed. Each call
// has an id of its own, which it sends as its text. The server notes which ids it
// ran, the clients what became of them, and the two are compared:
//
//   - a call that was answered was run once;
//   - a call that failed was not run, also where its client cannot know: what the
//     server has read it answers;
//   - on ThriftMux every failure says that the call was not run, as every failure
//     does of which oneport's client says so.
//
// The clients in other languages are programs in folders of their own:
//
//	caller HOST PORT NAME
//
// calls FooApi.echo in a loop until its standard input ends, with the texts
// "NAME THREAD NUMBER", and prints a line for each call when it has ended: what
// became of it, a tab, the id, a tab, and why. The first is one of the constants
// in ledger_test.go. A caller connects again when it has lost its connection, and
// never sends an id twice by itself.
//
// A client that cannot be built is NOT RUN, which with CI=true in the environment
// is a failure; the others run all the same.
package mixed
