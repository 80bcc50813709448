# Compiles the C++ server and its stubs into OUT; see ../../script.go.
set -eu
printf '#include <thrift/server/TNonblockingServer.h>\n' |
	g++ -x c++ -fsyntax-only - 2>/dev/null ||
	{ echo "g++, the headers of libthrift, Boost or libevent are not there (libthrift-dev, libboost-dev, libevent-dev)"; exit 1; }

thrift -out "$OUT" --gen cpp:no_skeleton "$IDL/foo.thrift"
for source in main.cpp "$OUT"/FooApi.cpp "$OUT"/foo_types.cpp; do
	g++ -std=c++17 -O2 -I"$OUT" -c "$source" -o "$OUT/$(basename "$source" .cpp).o"
done
g++ -o "$OUT/server" "$OUT"/*.o -lthriftnb -lthrift -levent -lpthread
