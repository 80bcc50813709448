#!/bin/sh
# Prints what the suites wrote about the peers they met: a file each in
# build/report, with lines of the form "peer<TAB>RAN or NOT RUN<TAB>detail".
set -eu

echo "peers"
cat "$BUILD"/report/*.tsv 2>/dev/null | awk -F '\t' '{ printf "%-14s %-8s %s\n", $1, $2, $3 }'
