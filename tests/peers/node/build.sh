# Makes the Node stubs and installs the runtime; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need node npm
for idl in foo bar; do
	thrift -out "$OUT" --gen js:node,es6 "$IDL/$idl.thrift"
done
cp ./*.js "$OUT"
npm install --prefix "$OUT" --no-audit --no-fund --no-save --silent thrift@0.24.0 ||
	absent "thrift 0.24.0 cannot be installed from npm"
cat >"$OUT/client" <<SCRIPT
#!/bin/sh
exec node --no-deprecation "$OUT/client.js" "\$@"
SCRIPT
chmod +x "$OUT/client"
