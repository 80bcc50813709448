// Package happybase tests HappyBase, HBase's usual client in Python, against a
// server of the part of HBase's interface that it uses. The tables are in
// memory. The service is the default one, since HappyBase sends bare method
// names, and FooApi and BarApi stand beside it on the same port.
//
// HappyBase is installed from PyPI into a folder of build/. Where that cannot be
// done it is NOT RUN, as the report at the end of make test says; with CI=true in
// the environment that is a failure.
package happybase
