package servertest

const (
	network    = "memory"
	serverAddr = addr("server")
)

// addr is the address of one end of a connection in memory.
type addr string

func (addr) Network() string  { return network }
func (a addr) String() string { return string(a) }
