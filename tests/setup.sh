#!/bin/sh
# Installs the Debian packages that the tests use and this machine lacks. What
# they are stands in the files debian.txt, a line each: the package, then a
# command that succeeds where nothing need be installed.
#
# Without root or apt-get it only names what is missing: the tests then tell
# which peers they did not run, and with CI=true they fail.
set -eu

# For how many seconds a lock that another process holds is waited for, in all, and
# how many pass between two tries.
patience=${SETUP_PATIENCE:-300}
pause=${SETUP_PAUSE:-5}

log=$BUILD/report/apt.log

# install installs what is missing, and leaves the output of apt-get in the log.
install() {
	left=$((end - $(date +%s)))
	if [ "$left" -lt 0 ]; then left=0; fi
	apt-get update -qq -o "DPkg::Lock::Timeout=$left" >"$log" 2>&1 || return 1
	# The list is split into words on purpose.
	apt-get install -y -qq --no-install-recommends -o "DPkg::Lock::Timeout=$left" $missing >>"$log" 2>&1
}

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
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C
	end=$(($(date +%s) + patience))
	tries=0
	until install; do
		# A lock may be held for as long as another installation lasts; whatever
		# else goes wrong, such as a download, is tried again twice.
		grep -q 'Could not get lock\|Unable to acquire\|Unable to lock' "$log" || tries=$((tries + 1))
		if [ "$tries" -ge 3 ] || [ "$(date +%s)" -ge "$end" ]; then
			tail -n 20 "$log"
			exit 1
		fi
		echo "trying again: $(grep -m 1 '^E:' "$log" || echo 'apt-get failed')"
		sleep "$pause"
	done
fi
