# Compiles the C client and its stubs; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need gcc pkg-config
pkg-config --exists thrift_c_glib gobject-2.0 ||
	absent "libthrift_c_glib (libthrift-c-glib-dev) or GLib (libglib2.0-dev) is not there"
# The stubs have a parameter named error of their own, and names do not go over the wire.
for idl in foo bar; do
	sed 's/ApiError error)/ApiError thrown)/' "$IDL/$idl.thrift" >"$OUT/$idl.thrift"
	thrift -out "$OUT" --gen c_glib "$OUT/$idl.thrift"
done
flags=$(pkg-config --cflags thrift_c_glib gobject-2.0)
libs=$(pkg-config --libs thrift_c_glib gobject-2.0)
cp ./*.c ./*.h "$OUT"
cd "$OUT"
# The flags are split into words on purpose; warnings are for our files, not for the stubs.
gcc -w $flags -c foo_*.c bar_*.c
gcc -std=gnu11 -Wall -Wextra -Wno-unused-function $flags -o client \
	client.c cases.c errors.c foo_*.o bar_*.o $libs
