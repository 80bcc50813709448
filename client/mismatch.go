package client

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// mismatch says what the server speaks if its first bytes are in another dialect or
// protocol than the connection's, and which field to change. It is nil if they are
// not, or do not tell. Without it some answers would be waited for until
// MessageTimeout: unframed, a frame's length is read as that of a name.
//
// A ThriftMux session is not looked at: the server has agreed to it.
func (c *connection) mismatch(first []byte) error {
	if c.multi != nil {
		return nil
	}
	o, ok := wire.SniffReply(first)
	want := wire.Opening{Dialect: c.client.framing, Protocol: c.pool.protocol}
	switch {
	case !ok:
		return nil
	case o.Dialect == want.Dialect && (o.Protocol == want.Protocol || o.Protocol == 0 || o.Dialect == wire.Framed):
		return nil // a reply in a frame is read in its own protocol
	}
	text := answers(o, first)
	switch {
	case o.Dialect == wire.TLS && c.client.config.TLS == nil:
		return errors.New(text + "; TLS is not set")
	case o.Dialect == wire.TLS:
		return errors.New(text + " inside TLS; TLS is set")
	case o.Dialect != want.Dialect:
		text += "; Dialect is " + spokenName(want.Dialect)
	}
	switch {
	case o.Protocol == 0 || o.Protocol == want.Protocol:
	case want.Protocol == c.client.config.protocol():
		text += "; Protocol is " + want.Protocol.String()
	default:
		text += "; the calls that are passed on are in " + want.Protocol.String()
	}
	return errors.New(text)
}

// answers says what the first bytes of a server are.
func answers(o wire.Opening, first []byte) string {
	switch o.Dialect {
	case wire.HTTP:
		line, _, _ := bytes.Cut(first[:min(len(first), maxLineShown)], []byte("\r\n"))
		return fmt.Sprintf("the server answers in HTTP, which this client does not speak (%q)", line)
	case wire.TLS:
		return "the server answers with a TLS record"
	}
	text := "the server answers in " + spokenName(o.Dialect)
	if o.Protocol != 0 {
		text += " " + o.Protocol.String()
	}
	return text
}

// maxLineShown bounds how much of an HTTP answer's first line an error shows.
const maxLineShown = 64

// spokenName is the name of a dialect in texts.
func spokenName(d wire.Dialect) string {
	if d == wire.Buffered {
		return "unframed" // as opposed to "framed"; Go's name for it tells little
	}
	return d.String()
}

// unreadable is the failure of a connection whose next reply, of which some bytes
// are given, cannot be read for the reason why.
func (c *connection) unreadable(reply []byte, why error) error {
	if err := c.mismatch(reply); err != nil {
		return err
	}
	if e := (*wire.Error)(nil); errors.As(why, &e) && e.TooLarge() && e.What == "frame length" {
		why = fmt.Errorf("%w (MaxMessageSize)", why)
	}
	shown := reply[:min(len(reply), maxShown)]
	_, isReply := wire.SniffReply(reply)
	if guess := wire.Guess(reply); guess != "" && !isReply {
		return fmt.Errorf("reply that begins with % x (%s): %w", shown, guess, why)
	}
	return fmt.Errorf("reply that begins with % x: %w", shown, why)
}

// maxShown bounds how many bytes of a reply an error shows.
const maxShown = 16
