#!/usr/bin/env bash
# That the benchmark against the agent in Node.js works: smoke.sh BUILD MODULES OUT. Skipped where its
# modules cannot be installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if ! reason=$("$here/install.sh" "$2" 2>&1); then
  echo "the agent in Node.js is left out: ${reason##*$'\n'}"
  echo "[  SKIPPED ] bench: against the agent in Node.js (0 ms)"
  exit 0
fi
exec python3 "$here/../bench.py" --smoke --against --only full,slow_20,drain,million --build "$1" --out "$3"
