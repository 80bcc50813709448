package server_test

// childEnv names what a test runs in a process of its own.
const childEnv = "ONEPORT_TEST_CHILD"

func child(what string) int { return children[what]() }
