# Makes $OUT/caller, on the stubs and the runtime of the client in tests/peers.
set -eu

peer=$(cd "$OUT/../.." && pwd)/peers/python
mkdir -p "$peer"
(cd ../../peers/python && OUT=$peer sh build.sh)

cp caller.py "$OUT"
cat >"$OUT/caller" <<SCRIPT
#!/bin/sh
PYTHONPATH="$peer" exec "$peer/venv/bin/python" "$OUT/caller.py" "\$@"
SCRIPT
chmod +x "$OUT/caller"
