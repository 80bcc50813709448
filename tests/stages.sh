#!/bin/sh
# Runs make targets one after the other, all of them even if one fails, and
# ends with the time and the outcome of each and with the table of peers.
#
# usage: stages.sh TARGET...
set -eu

rm -rf "$BUILD/report"
mkdir -p "$BUILD/report"
summary=
failed=0

for stage in "$@"; do
	echo "== $stage"
	start=$(date +%s)
	outcome=ok
	${MAKE:-make} --no-print-directory "$stage" || outcome=FAILED
	if [ "$outcome" = FAILED ]; then failed=$((failed + 1)); fi
	line=$(printf '%-24s %-6s %4d s' "$stage" "$outcome" $(($(date +%s) - start)))
	summary="$summary$line
"
	echo "== $line"
done

printf '\nstages\n%s\n' "$summary"
sh tests/report.sh
if [ "$failed" != 0 ]; then
	echo "$failed of $# stages failed"
	exit 1
fi
echo "all $# stages passed"
