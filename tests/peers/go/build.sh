# Builds the Go client; see ../doc.go.
set -eu
. ../absent.sh
need go
go build -o "$OUT/client" .
