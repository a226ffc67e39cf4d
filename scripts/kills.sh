#!/usr/bin/env bash
# Kills the whole agent, again and again: at random moments of whatever it does, or at each of its
# calls that change the queue's files, one after another. Whatever was answered 202 must reach each
# webhook that it matches.
#   scripts/kills.sh [--kills N] [--seed N] [--only PHASE] [--agent FILE]
#   scripts/kills.sh --points [--step N] [--seed N] [--only SCENARIO] [--agent FILE]
#     --kills N    at random moments (300); 10000 for a night
#     --points     at every call, and once more with half of its bytes written
#     --step N     at every Nth call
#     --seed N     repeats the decisions of an earlier run, not its moments
#     --agent FILE default: a release build, made now
# Exit codes: 0 passed · 1 the agent failed · 64 usage
# Fault: the process is killed | nothing acknowledged is lost
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/.."

kills=300 points='' options=() agent=''
usage() { sed -n 's/^#   /  /p' "$self" >&2; exit 64; }
while [ $# -gt 0 ]; do
  case $1 in
    --kills) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage; kills=$2; shift 2 ;;
    --points) points=yes; shift ;;
    --step | --seed) [[ ${2-} =~ ^[0-9]+$ ]] || usage; options+=("$1" "$2"); shift 2 ;;
    --only) [ $# -ge 2 ] || usage; options+=(--only "$2"); shift 2 ;;
    --agent) [ -x "${2-}" ] || usage; agent=$(realpath "$2"); shift 2 ;;
    *) usage ;;
  esac
done
cmake --preset release >/dev/null
targets=(ffl-die-at)
if [ -z "$agent" ]; then
  targets+=(ffl-agent)
  agent=$PWD/build/release/ffl-agent
fi
cmake --build --preset release --target "${targets[@]}"
export PYTHONDONTWRITEBYTECODE=1
if [ -n "$points" ]; then
  exec python3 test/power/points.py --agent "$agent" --preload "$PWD/build/release/test/libffl-die-at.so" \
    ${options[@]+"${options[@]}"}
fi
exec python3 test/power/deaths.py --agent "$agent" --by kill --count "$kills" ${options[@]+"${options[@]}"}
