package peers

import "strings"

// A dialect is a transport and a protocol, by the names that clients get as
// arguments. A name may end in a plus sign and a variant, which is another
// implementation of the same bytes or, with binary+old, messages of the
// non-strict form.
type dialect struct {
	transport, protocol string
}

func (d dialect) String() string { return d.transport + "/" + d.protocol }

// framed reports whether each message has a length in front of it and nothing else.
func (d dialect) framed() bool { return d.plain().transport == "framed" }

// plain returns the dialect without variants.
func (d dialect) plain() dialect {
	transport, _, _ := strings.Cut(d.transport, "+")
	protocol, _, _ := strings.Cut(d.protocol, "+")
	return dialect{transport, protocol}
}

// served says which dialects examples/foobar speaks. A line switches one on for every peer.
// A variant is served if its plain dialect is.
var served = map[dialect]bool{
	{"framed", "binary"}:       true,
	{"framed", "compact"}:      true,
	{"framed", "json"}:         true,
	{"unframed", "binary"}:     true,
	{"unframed", "compact"}:    true,
	{"unframed", "json"}:       true,
	{"header", "binary"}:       true,
	{"header", "compact"}:      true,
	{"header-zlib", "binary"}:  true,
	{"header-zlib", "compact"}: true,
	{"http", "binary"}:         true,
	{"http", "compact"}:        true,
	{"http", "json"}:           true,
}

// speaks combines transports and protocols, both lists of names with spaces between them.
func speaks(transports, protocols string) []dialect {
	var all []dialect
	for _, t := range strings.Fields(transports) {
		for _, p := range strings.Fields(protocols) {
			all = append(all, dialect{t, p})
		}
	}
	return all
}
