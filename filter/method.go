package filter

import "github.com/oneport-thrift/oneport/protocol/wire"

// method is the key of a table of methods.
type method struct{ service, name string }

// methodOf returns the method that a name such as "FooApi:echo" means, as on the
// wire: a name without a service is of the default one.
func methodOf(name string) method {
	service, bare := wire.SplitName(name)
	return method{service, bare}
}
