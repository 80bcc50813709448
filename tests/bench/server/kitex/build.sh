# Makes Kitex's stubs with the generator of the same version, and builds the
# server and the client beside them in OUT; see ../../script.go. The folder is no
# part of the benchmark's module: what Kitex needs stays apart.
set -eu
export GOFLAGS=-mod=mod # what the benchmark itself needs may have changed since
bench=$(cd ../.. && pwd)
rm -rf "$OUT/src"
mkdir -p "$OUT/src"
cp -r main.go client go.mod go.sum "$OUT/src"
cp "$IDL/foo.thrift" "$OUT/src"
cd "$OUT/src"
go mod edit -replace "github.com/oneport-thrift/oneport/tests/bench=$bench" \
	-replace "github.com/oneport-thrift/oneport=$bench/../.."
go build -o "$OUT/kitex" github.com/cloudwego/kitex/tool/cmd/kitex
"$OUT/kitex" -module kitexserver foo.thrift
go build -o "$OUT/server" .
go build -o "$OUT/client" ./client
