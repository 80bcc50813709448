package thriftmux

// Tags are 23 bits wide ("Mux, tags").
const (
	// MarkerTag is the tag of messages that expect no answer: Tdiscarded, Tlease.
	MarkerTag uint32 = 0
	// SessionTag is what Finagle uses for Tinit, Tping and Tdrain.
	SessionTag uint32 = 1
	// MinTag is the lowest tag of a call.
	MinTag uint32 = 2
	// MaxTag is the highest tag of a call.
	MaxTag uint32 = 0x7fffff

	// moreBit, above the tag, says that more fragments of the message follow.
	moreBit uint32 = 0x800000
)
