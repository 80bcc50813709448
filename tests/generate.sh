#!/bin/sh
# Makes the Go stubs of thrift/*.thrift, with the one version of the compiler
# that the committed ones come from: each version writes a little differently.
#
# usage: generate.sh FOLDER
set -eu

want='Thrift version 0.17.0'
have=$(thrift --version 2>/dev/null || echo 'no thrift compiler')
if [ "$have" != "$want" ]; then
	echo "stubs not made: they take $want, here is $have"
	if [ "${CI:-}" = true ]; then exit 1; fi
	exit 0
fi

out=$1
rm -rf "$out"
mkdir -p "$out"
for idl in thrift/*.thrift; do
	thrift -out "$out" --gen go:skip_remote,package_prefix=github.com/oneport-thrift/oneport/thrift/gen-go/ "$idl"
done
gofmt -w "$out"
