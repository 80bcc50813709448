module github.com/oneport-thrift/oneport/tests/mixed

go 1.26.0

require (
	github.com/apache/thrift v0.25.0
	github.com/oneport-thrift/oneport v0.0.0
)

require github.com/pires/go-proxyproto v0.15.0 // indirect

replace github.com/oneport-thrift/oneport => ../..
