package client

// Endpoint is one server that can take the calls of a target.
type Endpoint struct {
	// Addr is "host:port", or "unix:/path". Endpoints of one target differ in it.
	Addr string
	// ServerName is what the server's TLS certificate is checked for. "" is the
	// host of Addr.
	ServerName string
}

// A Resolver finds the endpoints of a target and says when they change.
type Resolver interface {
	// Watch begins to watch target and returns at once. update is to be called
	// with the whole list, now and after each change, by one goroutine at a time
	// and until Close has returned; an error keeps the list that there is, and
	// is told to the callers that wait in vain. An endpoint that has left is
	// sent no more calls, and its connections close when theirs have ended. Of
	// lists that come side by side any may be the one that counts; after Close
	// they are passed over. Every call of the client waits for Watch to return.
	Watch(target string, update func([]Endpoint, error)) (Watcher, error)
}

// A Watcher is a watch on a target. Its methods are called by any goroutine.
type Watcher interface {
	// Refresh hints that an endpoint has failed, so that the list may be old. It
	// must not block, and may come after Close.
	Refresh()
	// Close ends the watch. It returns when update is not running and will not
	// be called again. Client.Close waits for it, also beyond its context.
	Close()
}
