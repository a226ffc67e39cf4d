#!/usr/bin/env bash
# Runs the whole agent on simulated boards, each under a seed: virtual time, a disk that loses what
# was not synced, a network that changes its mind, deaths at any step. Prints what broke, with the
# seed that shows it again.
#   scripts/simulate.sh [--seed N] [--runs N] [--minutes M] [--jobs N] [--keep-going]
#   scripts/simulate.sh --seed N --runs 1 --log    that run again, with the agent's log
#   scripts/simulate.sh --planted [NAME...]        plants each fault of test/simulation/planted in a
#                                                  copy of the sources: is it found, and how soon?
#                                                  By a seed, or else by a scenario (scenarios_test.cpp)
#   scripts/simulate.sh --coverage [--runs N]      which branches of queue, store and delivery the
#                                                  boards have taken, by file
# BUILD=asan runs it under the sanitizers: slower, and sees more.
# Fault: any of these together, at any step | nothing acknowledged is lost, and everything drains afterwards
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${BUILD:-debug}
jobs=${JOBS:-$(nproc)}

compile() { # compile SOURCE TARGET...
  local log=$1/build/$preset/simulate.log
  (cd "$1" && cmake --preset "$preset" >/dev/null)
  cmake --build "$1/build/$preset" --target "${@:2}" -- -j "$jobs" >"$log" 2>&1 || { cat "$log"; return 1; }
}

# A copy that is built in one place, so that little has to be compiled again for each fault.
planted() {
  local copy=$PWD/build/planted/source missed=0 name patch out found scenarios
  mkdir -p "$copy"
  for patch in test/simulation/planted/*.patch; do
    name=$(basename "$patch" .patch)
    [ $# -gt 0 ] && [[ " $* " != *" $name "* ]] && continue
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
      cmp -s "$file" "$copy/$file" || install -D "$file" "$copy/$file"
    done
    patch -d "$copy" -p1 -s --no-backup-if-mismatch <"$patch"
    compile "$copy" ffl-simulate test_simulation || { echo "$name: does not compile"; missed=1; continue; }
    out=$("$copy/build/$preset/test/ffl-simulate" --minutes "${MINUTES:-3}" --jobs "$jobs" || true)
    if found=$(grep -m 1 '^seed ' <<<"$out"); then
      echo "$name: found by ${found/:*/} after $(sed -n 's/^\([0-9]*\) runs in \([0-9.]*\) s.*/\1 runs, \2 s/p' <<<"$out"): ${found#*: }"
    elif ! scenarios=$("$copy/build/$preset/test/test_simulation" 2>&1); then
      echo "$name: not found in $(sed -n 's/ runs in .*/ runs/p' <<<"$out"), but by $(grep -m 1 '^\[  FAILED  \]' <<<"$scenarios")"
    else
      echo "$name: NOT FOUND: $(grep ' runs in ' <<<"$out")"
      missed=1
    fi
  done
  return "$missed"
}

if [ "${1-}" = --planted ]; then
  planted "${@:2}"
  exit
fi
coverage() {
  local build=$PWD/build/coverage
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DFFL_TESTS=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 \
    -DCMAKE_CXX_FLAGS=--coverage -DCMAKE_EXE_LINKER_FLAGS=-Wl,--undefined=__gcov_dump >/dev/null # each board calls it
  cmake --build "$build" --target ffl-simulate -- -j "$jobs" | tail -n 1
  find "$build" -name '*.gcda' -delete
  "$build/test/ffl-simulate" --jobs "$jobs" "$@"
  test/simulation/coverage.py "$build" agent/queue agent/store agent/delivery
}

if [ "${1-}" = --coverage ]; then
  coverage "${@:2}"
  exit
fi
compile "$PWD" ffl-simulate
exec "build/$preset/test/ffl-simulate" --jobs "$jobs" "$@"
