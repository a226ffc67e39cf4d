#!/usr/bin/env bash
# Cross-compiles the agent and its unit tests and runs the tests under qemu-user; prints at the end
# what the binary requires of its system.
#   scripts/cross.sh TARGET
#     TARGET  cross-arm64 | cross-armhf         for Debian 12 or later: uses the system's libraries
#             portable-arm64 | portable-armhf   for glibc 2.31 or later (Debian 11, JetPack 5)
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/.."
target=${1-}
case $target in
  cross-arm64 | cross-armhf | portable-arm64 | portable-armhf) ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "$self" >&2; exit 64 ;;
esac
kind=${target%-*} arch=${target#*-}
jobs=${JOBS:-$(nproc)}

scripts/setup.sh cross
scripts/sysroot.sh "$kind" "$arch"
cmake --preset "$target"
cmake --build --preset "$target" -- -j "$jobs"
ctest --preset "$target" -j "$jobs"

binary=build/$target/ffl-agent
echo "== $target"
file -b "$binary"
objdump=$(sed -n 's/^CMAKE_OBJDUMP:FILEPATH=//p' "build/$target/CMakeCache.txt")
"$objdump" -p "$binary" | awk '/NEEDED/ { print "needs", $2 }'
for family in GLIBC GLIBCXX; do
  echo "newest $family symbol: $("$objdump" -T "$binary" | grep -o "(*\b${family}_[0-9.]*" | tr -d '(' | sort -V | tail -n 1)"
done
