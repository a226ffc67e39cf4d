#!/usr/bin/env bash
# The faults that a simulation must find (scripts/simulate.sh --planted) still fit the sources.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0
for patch in test/simulation/planted/*.patch; do
  patch -p1 -s -f --dry-run <"$patch" >/dev/null || { echo "$patch does not fit the sources any more" >&2; bad=1; }
done
exit "$bad"
