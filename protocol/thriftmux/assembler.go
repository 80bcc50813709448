package thriftmux

// Defaults of an Assembler.
const (
	DefaultMessage  = 16_384_000
	DefaultStored   = 64 << 20
	DefaultMessages = 256
)

// Assembler joins the fragments of Tdispatch or Rdispatch messages, of several at
// once ("Mux, fragments"). Fragments of one message come in order, with others
// between them. The zero value is ready and takes memory only for bytes that came.
type Assembler struct {
	// Message is the largest message body in bytes. Zero means DefaultMessage, a
	// negative value no limit.
	Message int
	// Stored bounds the bytes of all incomplete messages. Zero means DefaultStored, a
	// negative value no limit.
	Stored int
	// Messages bounds the incomplete messages. Zero means DefaultMessages, a negative
	// value no limit.
	Messages int

	parts  map[uint32]part
	stored int
}

type part struct {
	t    Type
	body []byte
}

// Add takes a frame. done: body is a whole message's, either f.Body itself, a view,
// when f was all of it, or memory that is now the caller's. An error is a
// *wire.Error: a broken limit, a fragment of a message that is never cut, or of
// another type than the first of its tag. Nothing of the tag is kept then.
func (a *Assembler) Add(f Frame) (body []byte, done bool, err error) {
	if !f.Type.fragments() {
		if f.More {
			return nil, false, malformed(4, int(f.Type), "fragment of %s", f.Type)
		}
		return f.Body, true, nil
	}
	p, begun := a.parts[f.Tag]
	if !begun && !f.More {
		if err := a.checkMessage(len(f.Body)); err != nil {
			return nil, false, err
		}
		return f.Body, true, nil
	}
	if err := a.check(f, p, begun); err != nil {
		a.Drop(f.Tag)
		return nil, false, err
	}
	if !f.More {
		a.Drop(f.Tag)
		return append(p.body, f.Body...), true, nil
	}
	if a.parts == nil {
		a.parts = make(map[uint32]part)
	}
	a.parts[f.Tag] = part{t: f.Type, body: append(p.body, f.Body...)}
	a.stored += len(f.Body)
	return nil, false, nil
}

func (a *Assembler) check(f Frame, p part, begun bool) error {
	if begun && p.t != f.Type {
		return malformed(4, int(f.Type), "fragment of %s on tag %d, which has one of %s", f.Type, f.Tag, p.t)
	}
	if limit := orDefault(a.Messages, DefaultMessages); !begun && len(a.parts) >= limit {
		return overLimit("count of fragmented messages", 0, len(a.parts)+1, limit)
	}
	if limit := orDefault(a.Stored, DefaultStored); a.stored+len(f.Body) > limit {
		return overLimit("size of all fragments", 0, a.stored+len(f.Body), limit)
	}
	return a.checkMessage(len(p.body) + len(f.Body))
}

func (a *Assembler) checkMessage(size int) error {
	if limit := orDefault(a.Message, DefaultMessage); size > limit {
		return overLimit("size of a message", 0, size, limit)
	}
	return nil
}

// Drop forgets the fragments stored for a tag and reports whether there were any:
// a server does so on a Tdiscarded, a client on an Rdiscarded or Rerr.
func (a *Assembler) Drop(tag uint32) bool {
	p, ok := a.parts[tag]
	if ok {
		a.stored -= len(p.body)
		delete(a.parts, tag)
	}
	return ok
}

// Len is the count of incomplete messages.
func (a *Assembler) Len() int { return len(a.parts) }

// Size is the count of bytes stored for them.
func (a *Assembler) Size() int { return a.stored }
