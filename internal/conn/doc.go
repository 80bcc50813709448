// Package conn holds what the sessions of the server and of the client share:
// counted buffers, and the outbox that turns many replies or calls into few
// writes. It reads nothing and opens nothing.
package conn
