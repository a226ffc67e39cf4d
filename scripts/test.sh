#!/usr/bin/env bash
# Installs what is missing, builds and runs the tests. Without an argument all of them, as CI does:
# the style checks, everything under the address and undefined-behaviour sanitizers, what has
# threads under the thread sanitizer too, hostile input for a few minutes, the whole program and its
# package once more as they are shipped (optimised, with the C and C++ libraries of Debian 11), the
# demo, optimised with this system's libraries, and, where a board's emulator is installed, the arm64
# package on such a board.
#   scripts/test.sh                all of it
#   scripts/test.sh quick          the developer's loop: a debug build, all tests, no sanitizer
#   scripts/test.sh quick FOLDER   the same for one folder's tests: agent/queue, common/net, system;
#                                  page: the status page in Chromium
#   scripts/test.sh tidy           clang-tidy and cppcheck over agent/ and common/, and whether it fits 32 bits
#   scripts/test.sh fuzz           each target of test/fuzz for 20 s (scripts/fuzz.sh: as long as wanted)
#   scripts/test.sh asan           all tests under the address and undefined-behaviour sanitizers
#   scripts/test.sh tsan           the tests with threads under the thread sanitizer
#   scripts/test.sh release        the whole program and its package as they are shipped
#   scripts/test.sh board          the arm64 package, installed on an emulated board whose plug is pulled
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
passed=0 failed=0 skipped=0

heading() { echo "== $1 ($((SECONDS / 60)) min)"; } # with the time since the begin

configure() { # configure PRESET
  local log
  log=$(mktemp)
  cmake --preset "$1" >"$log" 2>&1 || { cat "$log"; rm -f "$log"; return 1; }
  rm -f "$log"
}

# Counts the tests within the test programs, for ctest counts programs, and names what was skipped.
count() { # count PRESET
  local log=build/$1/Testing/Temporary/LastTest.log skips
  passed=$((passed + $(grep -c '^\[       OK \]' "$log" || true)))
  failed=$((failed + $(grep -c '^\[  FAILED  \] .* ms)$' "$log" || true)))
  skips=$(sed -n 's/^\[  SKIPPED \] \(.*\) ([0-9]* ms)$/\1/p' "$log")
  [ -z "$skips" ] && return
  skipped=$((skipped + $(wc -l <<<"$skips")))
  sed 's/^/skipped: /' <<<"$skips"
}

part() { # part PRESET [LABEL]: without a label all tests
  # Tests wait for programs and disks most of the time; under a sanitizer they compute more.
  local preset=$1 label=${2-} result=0 at_once=$((2 * jobs))
  case $preset in
    asan | tsan) at_once=$((jobs + 1)) ;;
  esac
  heading "$preset"
  configure "$preset"
  cmake --build --preset "$preset" ${label:+--target "tests_$label"} -- -j "$jobs"
  ctest --preset "$preset" -j "$at_once" ${label:+-L "$label"} || result=$?
  count "$preset"
  return "$result"
}

quick() { # quick [FOLDER]
  if [ $# -eq 0 ]; then
    part debug
    return
  fi
  local folder=${1#test/}
  configure debug
  cmake --build --preset debug --target "test_${folder//\//_}" ffl-agent -- -j "$jobs"
  local result=0
  ctest --preset debug -j "$jobs" -R "^$folder\\." || result=$?
  count debug
  return "$result"
}

tidy() {
  heading "tidy"
  configure tidy
  # The compiler's own options are g++'s; a warning that clang does not have is no fault. It reads files
  # that each include a folder of ours, in a fraction of the time. There it does not see a
  # using-declaration that nothing uses; test/check_using.py does.
  jq -r '.[].file | select(endswith(".c") | not)' build/tidy/compile_commands.json |
    xargs -P "$jobs" -n 1 clang-tidy -quiet -p build/tidy --config-file=.clang-tidy \
      --checks=-bugprone-suspicious-include --header-filter='/(agent|common)/[a-z0-9_/]+\.[ch]pp$' \
      --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings generated' >&2)
  cppcheck --enable=warning,performance,portability --std=c++20 --language=c++ -I . -j "$jobs" --quiet \
    --error-exitcode=1 --suppressions-list=.cppcheck --template='{file}:{line}: {id}: {message}' agent common
}

# Boards may have 32 bits, and no test runs on one: the compiler says where a number may not fit there.
# It only reads. As on ARM, and unlike on a PC, a number of eight bytes lies at a multiple of eight.
bits32() {
  [ "$(dpkg --print-architecture)" = amd64 ] || return 0
  heading "bits32"
  scripts/setup.sh bits32
  jq -r '.[] | select(.file | endswith(".c") | not) | .command' build/tidy/compile_commands.json |
    sed 's|^.*/c++ |c++ -m32 -malign-double -isystem /usr/include/x86_64-linux-gnu -fsyntax-only |; s| -o [^ ]*||' |
    (cd build/tidy && tr '\n' '\0' | xargs -0 -P "$jobs" -I{} sh -c '{}')
}

# Hostile input, briefly: what was found once is in every test run (test_fuzz), and what is new is found
# in hours, not in these seconds.
hostile() {
  heading "fuzz"
  scripts/fuzz.sh --seconds 20
}

# What devices with this processor get; on others than amd64, where the tests of a portable build run
# in an emulator, as near to it as a native build is. Then what apt makes of it: the package,
# installed, upgraded, removed and purged in a root directory that is thrown away.
shipped() {
  local preset=release
  if [ "$(dpkg --print-architecture)" = amd64 ]; then
    preset=portable-amd64
    scripts/setup.sh portable
    scripts/sysroot.sh portable amd64
  fi
  part "$preset" system
  heading "package"
  rm -rf "build/$preset/packages"
  (cd "build/$preset" && cpack -G DEB -B packages >/dev/null)
  test/check_package.sh "build/$preset"/packages/*.deb
  test/package_test.sh "build/$preset"/packages/*.deb
}

board() {
  heading "board"
  scripts/setup.sh board
  scripts/package.sh arm64
  configure release
  cmake --build --preset release --target ffl-simulator ffl-receiver -- -j "$jobs"
  scripts/board.sh --short
}

all() {
  tidy
  bits32
  part asan
  part tsan threads
  hostile
  shipped
  heading "demo"
  MALLOC_PERTURB_=165 scripts/demo.sh # freed memory is overwritten: reading it shows
  if command -v qemu-system-aarch64 >/dev/null; then
    board
  else
    echo "== board: left out, its emulator is not installed (scripts/setup.sh board)"
  fi
}

what=${1:-all}
case $what in
  all | quick | tidy | asan | tsan | release) ;;
  fuzz) hostile; exit ;;
  board) board; exit ;;
  *) sed -n '8,17s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
trap 'echo "$passed passed, $failed failed, $skipped skipped"' EXIT
scripts/setup.sh
case $what in
  all | asan | tsan) scripts/setup.sh sanitizers ;;
esac
case "$what ${2-}" in
  all* | asan* | release* | "quick " | "quick page")
    scripts/setup.sh page || echo "without a browser the tests of the status page are skipped"
    ;;
esac
case $what in
  all) all ;;
  quick) quick "${@:2}" ;;
  tidy)
    tidy
    bits32
    ;;
  asan) part asan ;;
  tsan) part tsan threads ;;
  release) shipped ;;
esac
