# Compiles the C++ server and its stubs; see ../doc.go.
set -eu
. ../../peers/absent.sh
need_compiler
need g++
printf "#include <%s>\n" thrift/Thrift.h thrift/transport/TTransport.h |
	g++ -x c++ -fsyntax-only - 2>/dev/null ||
	absent "the headers of libthrift (libthrift-dev) or of Boost (libboost-dev) are not there"

thrift -out "$OUT" --gen cpp:no_skeleton "$IDL/foo.thrift"
for source in main.cpp "$OUT/FooApi.cpp" "$OUT/foo_types.cpp"; do
	g++ -std=c++17 -O1 -Wall -Wextra -I"$OUT" -c "$source" -o "$OUT/$(basename "$source" .cpp).o"
done
g++ -o "$OUT/server" "$OUT"/*.o -lthriftz -lthrift
