package server

import (
	"fmt"
	"slices"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// switchable are the dialects that Server.Disable can name; TLS and PROXY headers
// have fields of their own. Those that come in several protocols can be named
// with one of them.
var switchable = map[wire.Dialect][]wire.Protocol{
	wire.Framed:    {wire.Binary, wire.Compact, wire.JSON},
	wire.Buffered:  {wire.Binary, wire.Compact, wire.JSON},
	wire.THeader:   nil,
	wire.ThriftMux: nil,
	wire.HTTP:      nil,
}

// checkDisabled returns an error if a name in Disable is none.
func (s *Server) checkDisabled() error {
	for _, name := range s.Disable {
		if !canDisable(name) {
			return fmt.Errorf("server: unknown dialect %q in Disable; want one of %q", name, switches())
		}
	}
	return nil
}

// zlibName switches off compressed calls in THeader frames, and nothing else.
const zlibName = "theader zlib"

// switches returns all names that Disable can hold.
func switches() []string {
	names := []string{zlibName}
	for d, protocols := range switchable {
		names = append(names, d.String())
		for _, p := range protocols {
			names = append(names, dialectName(d, p))
		}
	}
	slices.Sort(names)
	return names
}

func canDisable(name string) bool {
	if name == zlibName {
		return true
	}
	for d, protocols := range switchable {
		if name == d.String() {
			return true
		}
		for _, p := range protocols {
			if name == dialectName(d, p) {
				return true
			}
		}
	}
	return false
}

// disabled reports whether o is switched off.
func (s *Server) disabled(o wire.Opening) bool {
	return len(s.Disable) > 0 &&
		(slices.Contains(s.Disable, o.Dialect.String()) || slices.Contains(s.Disable, dialectName(o.Dialect, o.Protocol)))
}

// dialectName is what mux.Peer calls a dialect.
func dialectName(d wire.Dialect, p wire.Protocol) string {
	if p == 0 {
		return d.String()
	}
	return d.String() + " " + p.String()
}
