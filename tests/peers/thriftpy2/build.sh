# Makes a virtual environment with thriftpy2, which reads the IDL itself; see ../doc.go.
set -eu
. ../absent.sh
need python3
[ -x "$OUT/venv/bin/pip" ] || python3 -m venv "$OUT/venv" || absent "python3 has no venv"
"$OUT/venv/bin/pip" install -q 'thriftpy2==0.7.1' || absent "thriftpy2 0.7.1 cannot be installed from PyPI"
cp client.py "$IDL/foo.thrift" "$IDL/bar.thrift" "$OUT"
cat >"$OUT/client" <<SCRIPT
#!/bin/sh
exec "$OUT/venv/bin/python" "$OUT/client.py" "\$@"
SCRIPT
chmod +x "$OUT/client"
