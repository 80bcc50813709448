package filter_test

import (
	"context"
	"fmt"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
)

// printer is a service that prints the names it is called by.
var printer = mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
	fmt.Println(req.Service, req.Method)
	return mux.Reply{}, nil
})

// Clients that know a service by its old name reach it under its new one. The
// filter stands before the routing, as one of the server's does.
func ExampleRenameService() {
	m := mux.New()
	m.Handle("UserApi", printer)
	h := mux.Chain(m, filter.RenameService(filter.Exact(map[string]string{"Users": "UserApi"})))

	h.ServeThrift(context.Background(), &mux.Request{Service: "Users", Method: "get"})
	// Output: UserApi get
}

// The methods of one service are renamed, by the first rule that fits.
func ExampleRenameMethod() {
	m := mux.New()
	m.Handle("UserApi", printer, filter.RenameMethod(
		filter.Exact(map[string]string{"all": "listUsers"}),
		filter.Prefix("v1_", ""),
		filter.MustRegexp(`^(get|put)_(.+)$`, "${1}User$2"),
	))

	for _, method := range []string{"all", "v1_count", "get_Name", "delete"} {
		m.ServeThrift(context.Background(), &mux.Request{Service: "UserApi", Method: method})
	}
	// Output:
	// UserApi listUsers
	// UserApi count
	// UserApi getUserName
	// UserApi delete
}
