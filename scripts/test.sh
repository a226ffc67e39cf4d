#!/usr/bin/env bash
# Installs what is missing, builds and runs all tests: everything under the address and undefined-behaviour sanitizers, what has threads
# under the thread sanitizer too, and the whole program and its package once more as they are shipped; where a board's emulator is installed,
# the package of a 64-bit ARM board on such a board as well.
#   scripts/test.sh         all of it (what CI runs)
#   scripts/test.sh quick   the developer's loop: debug build, all tests, no sanitizer
#   scripts/test.sh tsan    what has threads, under the thread sanitizer
#   scripts/test.sh release the whole program and its package as they are shipped
#   scripts/test.sh board   the package for arm64, installed on an emulated board whose plug is pulled
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}

part() { # part PRESET [LABEL]: without a label all tests
  local preset=$1 label=${2-}
  echo "== $preset"
  cmake --preset "$preset" >"build-$preset.log" 2>&1 || { cat "build-$preset.log"; rm -f "build-$preset.log"; return 1; }
  rm -f "build-$preset.log"
  cmake --build --preset "$preset" ${label:+--target "tests_$label"} -- -j "$jobs"
  ctest --preset "$preset" -j "$jobs" ${label:+-L "$label"}
}

# What apt makes of it: the package of this machine, of the release build, installed, upgraded, removed and purged in a root that vanishes.
package() {
  echo "== package"
  rm -rf build/release/packages
  (cd build/release && cpack -G DEB -B packages >/dev/null)
  test/check_package.sh build/release/packages/*.deb
  test/package_test.sh build/release/packages/*.deb
}

board() {
  echo "== board"
  scripts/setup.sh board
  scripts/package.sh arm64
  cmake --preset release >/dev/null
  cmake --build --preset release --target ffl-simulator ffl-receiver -- -j "$jobs"
  scripts/board.sh --short
}

what=${1:-all}
case $what in
  quick) part debug ;;
  tsan) scripts/setup.sh && part tsan threads ;;
  release) scripts/setup.sh && part release system && package ;;
  board) board ;;
  all)
    scripts/setup.sh
    part asan
    part tsan threads
    part release system
    package
    if command -v qemu-system-aarch64 >/dev/null; then
      board
    else
      echo "== board: left out, for its emulator is not installed (scripts/setup.sh board)"
    fi
    ;;
  *)
    echo "usage: scripts/test.sh [quick|tsan|release|board]" >&2
    exit 64
    ;;
esac
