# Makes the Python stubs and a virtual environment with the runtime; see ../doc.go.
set -eu
. ../../peers/absent.sh
need_compiler
need python3
thrift -out "$OUT" --gen py "$IDL/foo.thrift"
[ -x "$OUT/venv/bin/pip" ] || python3 -m venv "$OUT/venv" || absent "python3 has no venv"
"$OUT/venv/bin/pip" install -q 'thrift==0.25.0' || absent "thrift 0.25.0 cannot be installed from PyPI"

cp server.py "$OUT"
cat >"$OUT/server" <<SCRIPT
#!/bin/sh
exec "$OUT/venv/bin/python" "$OUT/server.py" "\$@"
SCRIPT
chmod +x "$OUT/server"
