# Compiles the Rust client and its stubs, in a copy of the crate so that
# Cargo's files stay out of the source tree; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need cargo
rm -rf "$OUT/src"
cp -R Cargo.toml src "$OUT"
for idl in foo bar; do
	thrift -out "$OUT/src" --gen rs "$IDL/$idl.thrift"
done
cd "$OUT"
cargo fetch -q || absent "the crate thrift 0.17.0 cannot be had"
cargo build -q --offline --release --target-dir target
cp target/release/client client
