# Makes the Perl stubs; see ../doc.go.
set -eu
. ../absent.sh
need_compiler
need perl
for module in Thrift Class::Accessor Bit::Vector; do
	perl "-M$module" -e 1 2>/dev/null || absent "Perl has no $module"
done
for idl in foo bar; do
	thrift -out "$OUT" --gen perl "$IDL/$idl.thrift"
done
cp client.pl "$OUT"
cat >"$OUT/client" <<SCRIPT
#!/bin/sh
exec perl -I "$OUT" "$OUT/client.pl" "\$@"
SCRIPT
chmod +x "$OUT/client"
