package protocol

import "context"

// ReadMessageEnd reads nothing.
func (b *buffer) ReadMessageEnd(context.Context) error { return nil }

// ReadFieldEnd reads nothing.
func (b *buffer) ReadFieldEnd(context.Context) error { return nil }

// ReadMapEnd reads nothing and leaves the map's depth.
func (b *buffer) ReadMapEnd(context.Context) error {
	b.depth.leave()
	return nil
}

// ReadListEnd reads nothing and leaves the list's depth.
func (b *buffer) ReadListEnd(context.Context) error {
	b.depth.leave()
	return nil
}

// ReadSetEnd reads nothing and leaves the set's depth.
func (b *buffer) ReadSetEnd(context.Context) error {
	b.depth.leave()
	return nil
}

// WriteMessageEnd writes nothing.
func (b *buffer) WriteMessageEnd(context.Context) error { return nil }

// WriteFieldEnd writes nothing.
func (b *buffer) WriteFieldEnd(context.Context) error { return nil }

// WriteMapEnd writes nothing.
func (b *buffer) WriteMapEnd(context.Context) error { return nil }

// WriteListEnd writes nothing.
func (b *buffer) WriteListEnd(context.Context) error { return nil }

// WriteSetEnd writes nothing.
func (b *buffer) WriteSetEnd(context.Context) error { return nil }
