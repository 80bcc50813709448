# Makes the PHP stubs; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need php
[ -e /usr/lib/php/Protocol/TBinaryProtocol.php ] || absent "PHP has no Thrift (php-thrift)"
for idl in foo bar; do
	thrift -out "$OUT" --gen php "$IDL/$idl.thrift"
done
cp client.php dialect.php "$OUT"
cat >"$OUT/client" <<SCRIPT
#!/bin/sh
exec php -d memory_limit=512M "$OUT/client.php" "\$@"
SCRIPT
chmod +x "$OUT/client"
