# Makes the Python stubs and a virtual environment with the runtime; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need python3
for idl in foo bar; do
	thrift -out "$OUT" --gen py "$IDL/$idl.thrift"
done
[ -x "$OUT/venv/bin/pip" ] || python3 -m venv "$OUT/venv" || absent "python3 has no venv"
"$OUT/venv/bin/pip" install -q 'thrift==0.25.0' || absent "thrift 0.25.0 cannot be installed from PyPI"
"$OUT/venv/bin/python" -c 'import thrift.protocol.fastbinary' ||
	absent "thrift's accelerated protocols did not build"

cp client.py dialects.py "$OUT"
cat >"$OUT/client" <<SCRIPT
#!/bin/sh
exec "$OUT/venv/bin/python" "$OUT/client.py" "\$@"
SCRIPT
chmod +x "$OUT/client"
