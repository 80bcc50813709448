package peers

import "slices"

// A peer is a client program.
type peer struct {
	// name is that of its folder, and of what it shows in the report.
	name string
	// runtime says whose library the client is written on, and which version.
	runtime string
	// speaks are the dialects that the client knows; those are run that are also served.
	speaks []dialect
	// leaveOut are the cases that cannot succeed with this client. They run all
	// the same, on a connection of their own: an exclusion that passes fails the test.
	leaveOut []exclusion
}

// An exclusion names what a client cannot do. An empty transport or protocol
// stands for any; without a name it is about the dialect as a whole.
type exclusion struct {
	transport, protocol, name string
	// why is the reason, a fault or a lack of the client's, not of the server's.
	why string
}

// callsOneway is a habit of Apache's runtime for Go: no server can tell such a
// call from others before it knows the method.
const callsOneway = "the client sends a oneway as a call, and takes the refusal for the next call's answer"

var peers = []peer{
	{
		name:    "go",
		runtime: "apache/thrift 0.25.0",
		speaks: slices.Concat(
			speaks("framed unframed http", "binary compact json"),
			speaks("framed unframed", "binary+old"),
			speaks("header header-zlib", "binary compact")),
		leaveOut: []exclusion{
			{transport: "framed", name: caseUnknownOneway, why: callsOneway},
			{transport: "unframed", name: caseUnknownOneway, why: callsOneway},
			{transport: "header", name: caseUnknownOneway, why: callsOneway},
			{transport: "header-zlib", name: caseUnknownOneway, why: callsOneway},
		},
	},
	{
		name:    "c_glib",
		runtime: "libthrift-c-glib 0.17 (Debian)",
		speaks:  speaks("framed unframed", "binary compact"),
	},
	{
		name:    "cpp",
		runtime: "libthrift 0.17 (Debian)",
		speaks: slices.Concat(
			speaks("framed unframed http", "binary compact json"),
			speaks("framed unframed", "binary+old"),
			speaks("header header-zlib", "binary compact")),
		leaveOut: []exclusion{
			{transport: "header-zlib", why: "the client aborts"},
			{transport: "http", name: caseOneway, why: "the client takes a oneway's empty answer for the next call's"},
			{transport: "http", name: caseUnknownOneway, why: "the client takes a oneway's empty answer for the next call's"},
		},
	},
	{
		name:    "java",
		runtime: "libthrift 0.20.0 (Maven)",
		speaks: slices.Concat(
			speaks("framed framed+fast unframed http", "binary compact json"),
			speaks("framed unframed", "binary+old")),
	},
	{
		name:    "node",
		runtime: "thrift 0.24.0 (npm)",
		speaks: slices.Concat(
			speaks("framed unframed http", "binary compact json"),
			speaks("framed unframed", "binary+old")),
	},
	{
		name:    "perl",
		runtime: "libthrift-perl 0.17 (Debian)",
		speaks:  speaks("framed unframed", "binary"),
	},
	{
		name:    "php",
		runtime: "php-thrift 0.17 (Debian)",
		speaks: slices.Concat(
			speaks("framed unframed http", "binary compact json"),
			speaks("framed unframed", "binary+old binary+accelerated")),
		leaveOut: []exclusion{
			{protocol: "json", name: caseBlob, why: "the client does not send a binary as Base64"},
		},
	},
	{
		name:    "python",
		runtime: "thrift 0.25.0 (PyPI)",
		speaks: slices.Concat(
			speaks("framed unframed", "binary binary+old binary+accelerated compact compact+accelerated json"),
			speaks("http", "binary compact json"),
			speaks("header header-zlib", "binary compact")),
	},
	{
		name:    "ruby",
		runtime: "ruby-thrift 0.14 (Debian)",
		speaks:  speaks("framed unframed http", "binary binary+old binary+accelerated compact json"),
	},
	{
		name:    "rust",
		runtime: "thrift 0.17 (crates)",
		speaks:  speaks("framed unframed", "binary binary+old compact"),
	},
	{
		name:    "thriftpy2",
		runtime: "thriftpy2 0.7.1 (PyPI)",
		speaks:  speaks("framed unframed", "binary binary+old binary+accelerated compact"),
	},
}

// excluded returns why a case is left out of a dialect, or why the whole
// dialect is if the name is empty; "" if it is not.
func (p *peer) excluded(d dialect, name string) string {
	for _, e := range p.leaveOut {
		if (e.transport == "" || e.transport == d.transport) &&
			(e.protocol == "" || e.protocol == d.protocol) && e.name == name {
			return e.why
		}
	}
	return ""
}
