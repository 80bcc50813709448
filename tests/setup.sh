#!/bin/sh
# Installs the Debian packages that the tests use and this machine lacks. What
# they are stands in the files debian.txt, a line each: the package, then a
# command that succeeds where nothing need be installed.
#
# Without root or apt-get it only names what is missing: the tests then tell
# which peers they did not run, and with CI=true they fail.
set -eu

mkdir -p "$BUILD/report"
missing=
for list in tests/debian.txt tests/*/debian.txt tests/*/*/debian.txt; do
	[ -e "$list" ] || continue
	while read -r package check; do
		sh -c "$check" >/dev/null 2>&1 </dev/null || missing="$missing $package"
	done <"$list"
done

if [ -z "$missing" ]; then
	echo "nothing is missing"
elif [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "missing, and not installed (that takes root and apt-get):$missing"
else
	echo "installing:$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# The list is split into words on purpose.
	apt-get install -y -qq --no-install-recommends $missing >"$BUILD/report/apt.log" 2>&1 ||
		{ tail -n 20 "$BUILD/report/apt.log"; exit 1; }
fi
