package theader

// Defaults of Limits.
const (
	DefaultHeaderBytes = 64 << 10
	DefaultPairs       = 1024
)

// Limits bound what a header may hold. They are checked before anything is kept.
type Limits struct {
	// Header is the largest header in bytes, the prelude not counted. Zero means
	// DefaultHeaderBytes; a negative value leaves only the format's MaxHeaderSize.
	Header int
	// Pairs is the largest count of key-values. Zero means DefaultPairs; a
	// negative value leaves only what fits into the header.
	Pairs int
}

func (l Limits) header() int { return orDefault(l.Header, DefaultHeaderBytes) }
func (l Limits) pairs() int  { return orDefault(l.Pairs, DefaultPairs) }

func orDefault(v, def int) int {
	switch {
	case v == 0:
		return def
	case v < 0:
		return MaxHeaderSize
	}
	return v
}
