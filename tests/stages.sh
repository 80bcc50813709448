#!/bin/sh
# Runs make targets one after the other, all of them even if one fails, and
# ends with the time and the outcome of each and with the table of peers. A stage
# that others need ends the run if it fails: they would only fail too, later.
#
# usage: NEEDED="TARGET..." stages.sh TARGET...
set -eu

rm -rf "$BUILD/report"
mkdir -p "$BUILD/report"
summary=
failed=0
stopped=

total=$(date +%s)
for stage in "$@"; do
	if [ -n "$stopped" ]; then
		summary="$summary$(printf '%-24s not run: it needs %s' "$stage" "$stopped")
"
		continue
	fi
	echo "== $stage"
	start=$(date +%s)
	outcome=ok
	${MAKE:-make} --no-print-directory "$stage" || outcome=FAILED
	line=$(printf '%-24s %-6s %4d s' "$stage" "$outcome" $(($(date +%s) - start)))
	summary="$summary$line
"
	echo "== $line"
	if [ "$outcome" = FAILED ]; then
		failed=$((failed + 1))
		case " ${NEEDED:-} " in
		*" $stage "*) stopped=$stage ;;
		esac
	fi
done
total=$(($(date +%s) - total))

printf '\nstages\n%s\n' "$summary"
sh tests/report.sh
if [ -n "$stopped" ]; then
	echo "stopped after $total s: $stopped failed, and the stages after it need it"
	exit 1
fi
if [ "$failed" != 0 ]; then
	echo "$failed of $# stages failed, in $total s"
	exit 1
fi
echo "all $# stages passed, in $total s"
