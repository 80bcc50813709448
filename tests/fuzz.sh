#!/bin/sh
# Fuzzes each target of the module for a moment, all of them within a budget:
# enough to notice a target that no longer builds or fails at once. The corpora
# themselves run with the ordinary tests.
set -eu

budget=120

# Executions, not seconds: when a duration ends, Go 1.26's coordinator may report
# its own deadline as a failure of the target (go.dev/issue/75804).
each=${FUZZ:-10000x}

targets=$(go test -list '^Fuzz' ./... | awk '
	/^Fuzz/ { pending[n++] = $1 }
	/^ok/   { for (i = 0; i < n; i++) print $2, pending[i]; n = 0 }')
if [ -z "$targets" ]; then
	echo "no fuzz targets"
	exit 0
fi

# In a random order, so that a budget that is too small hits others each time.
start=$(date +%s)
echo "$targets" | sort -R | while read -r package target; do
	if [ $(($(date +%s) - start)) -ge "$budget" ]; then
		echo "out of time, not fuzzed: $package $target"
		continue
	fi
	echo "$package $target"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "$package" >"$BUILD/fuzz.log" 2>&1 ||
		{ cat "$BUILD/fuzz.log"; exit 1; }
done
