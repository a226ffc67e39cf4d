#!/usr/bin/env bash
# Installs what is missing, builds and runs all tests: everything under the address and undefined-behaviour sanitizers, what has threads
# under the thread sanitizer too, and the whole program once more as it is shipped.
#   scripts/test.sh         all of it (what CI runs)
#   scripts/test.sh quick   the developer's loop: debug build, all tests, no sanitizer
#   scripts/test.sh asan|tsan|release   one part of it
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}

part() { # part PRESET [CTEST-ARGUMENT...]
  local preset=$1
  shift
  echo "== $preset"
  cmake --preset "$preset" >"build-$preset.log" 2>&1 || { cat "build-$preset.log"; rm -f "build-$preset.log"; return 1; }
  rm -f "build-$preset.log"
  cmake --build --preset "$preset" -- -j "$jobs"
  ctest --preset "$preset" -j "$jobs" "$@"
}

what=${1:-all}
case $what in
  quick) part debug ;;
  asan | release) scripts/setup.sh && part "$what" ;;
  tsan) scripts/setup.sh && part tsan -L threads ;;
  all)
    scripts/setup.sh
    part asan
    part tsan -L threads
    part release -L system
    ;;
  *)
    echo "usage: scripts/test.sh [quick|asan|tsan|release]" >&2
    exit 64
    ;;
esac
