# Makes the Ruby stubs; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need ruby
ruby -e "require 'thrift'" 2>/dev/null || absent "Ruby has no thrift (ruby-thrift)"
for idl in foo bar; do
	thrift -out "$OUT" --gen rb "$IDL/$idl.thrift"
done
cp client.rb dialect.rb "$OUT"
cat >"$OUT/client" <<SCRIPT
#!/bin/sh
exec ruby -Ku -I "$OUT" "$OUT/client.rb" "\$@"
SCRIPT
chmod +x "$OUT/client"
