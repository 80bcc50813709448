package server

import "github.com/oneport-thrift/oneport/mux"

// upgradeProbe is the method that a plain Thrift client of Finagle's calls first
// on each connection, to find out whether the server takes Finagle's own headers
// before each message. An exception says no, and the client goes on in plain
// Thrift; any reply says yes ("Plain Thrift on the same port"). It is declined
// before a filter sees it: no user asked for it, so it is no warning in a log, and
// no service is to accept it by chance.
const upgradeProbe = "__can__finagle__trace__v3__"

var errProbe = mux.Refusef(mux.DoNotSendAgain, mux.UnknownMethod, "unknown method %q", upgradeProbe)
