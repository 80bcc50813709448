# Compiles the C++ client and its stubs; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need g++
printf "#include <%s>\n" thrift/Thrift.h thrift/transport/TTransport.h |
	g++ -x c++ -fsyntax-only - 2>/dev/null ||
	absent "the headers of libthrift (libthrift-dev) or of Boost (libboost-dev) are not there"

for idl in foo bar; do
	thrift -out "$OUT" --gen cpp:no_skeleton "$IDL/$idl.thrift"
done
for source in *.cpp "$OUT"/FooApi.cpp "$OUT"/foo_types.cpp "$OUT"/BarApi.cpp; do
	echo "$source"
done | xargs -P 2 -I{} sh -c \
	'g++ -std=c++17 -Wall -Wextra -I"$OUT" -c "{}" -o "$OUT/$(basename "{}" .cpp).o"'
g++ -o "$OUT/client" "$OUT"/*.o -lthriftz -lthrift
