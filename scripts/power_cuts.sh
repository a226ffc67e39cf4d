#!/usr/bin/env bash
# Cuts the power of the disk under the whole agent, again and again: while it starts for the first
# time, migrates, takes events, drains a backlog, retries, stops, starts again and mends a damaged
# database. Whatever was answered 202 must reach each webhook that it matches. Needs root, loop
# devices and ext4. With queue.sync = normal something must get lost, or the test sees nothing.
#   scripts/power_cuts.sh [--cuts N] [--seed N] [--only PHASE] [AGENT]
#     --cuts N      power cuts (300); 15000 for a night
#     --seed N      repeats the decisions of an earlier run, not its moments
#     --only PHASE  "first start", migration, load, drain, retries, restart or salvage
#     AGENT         default: a release build, made now
# Exit codes: 0 passed · 1 the agent failed, or the test is blind · 64 usage · 69 this machine cannot
# cut the power of a disk
# Fault: the power is cut | nothing acknowledged is lost
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/.."

cuts=300 options=() agent=''
usage() { sed -n 's/^#   /  /p' "$self" >&2; exit 64; }
while [ $# -gt 0 ]; do
  case $1 in
    --cuts) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage; cuts=$2; shift 2 ;;
    --seed) [[ ${2-} =~ ^[0-9]+$ ]] || usage; options+=(--seed "$2"); shift 2 ;;
    --only) [ $# -ge 2 ] || usage; options+=(--only "$2"); shift 2 ;;
    -*) usage ;;
    *) [ -z "$agent" ] || usage; agent=$(realpath "$1"); shift ;;
  esac
done
if [ -z "$agent" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target ffl-agent
  agent=$PWD/build/release/ffl-agent
fi
export PYTHONDONTWRITEBYTECODE=1
python3 test/power/deaths.py --agent "$agent" --by power --blind 20
exec python3 test/power/deaths.py --agent "$agent" --by power --count "$cuts" ${options[@]+"${options[@]}"}
