// Package haproxy tests a server behind what stands before servers: HAProxy,
// forwarders that connect early or late, and curl.
//
// The server is examples/foobar, a process of its own, and what it logged is
// looked at when it has ended. A program that is not to be had is NOT RUN, as the
// report at the end of make test says; with CI=true in the environment that is a
// failure.
package haproxy
