#!/usr/bin/env bash
# The whole board: boots Debian for arm64 in an emulator, installs the package, does the main job
# under its systemd, and cuts the power under load. Nothing that was acknowledged may be lost. Server
# and receiver run on this machine; the board reaches them over the emulator's network.
#   scripts/board.sh [--cuts N] [--seed N] [--short] [--sync normal] [PACKAGE.deb]
#     --cuts N   power cuts (3); --short: only one, as in every test run
#     --seed N   repeats the moments of the cuts of an earlier run
#     --sync normal   answers without fsync: shows that the test notices a loss
#     PACKAGE    default: the newest build/packages/*_arm64.deb
# Exit codes: 0 passed · 1 the agent or its package failed · 2 the test could not be carried out ·
# 64 usage · 69 something is missing on this machine · 124 the test did not finish in time
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/.."

cuts=3 options=() package=
usage() { sed -n 's/^#   /  /p' "$self" >&2; exit 64; }
while [ $# -gt 0 ]; do
  case $1 in
    --cuts) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage; cuts=$2; shift 2 ;;
    --seed) [[ ${2-} =~ ^[0-9]+$ ]] || usage; options+=(--seed "$2"); shift 2 ;;
    --sync) [[ ${2-} =~ ^(full|normal)$ ]] || usage; options+=(--sync "$2"); shift 2 ;;
    --short) cuts=1; shift ;;
    -*) usage ;;
    *) [ -z "$package" ] || usage; package=$1; shift ;;
  esac
done

missing() { echo "board.sh: $1" >&2; exit 69; }
command -v qemu-system-aarch64 >/dev/null || missing "qemu-system-aarch64 is missing (Debian: qemu-system-arm)"
# shellcheck disable=SC2012  # names of packages, by time
[ -n "$package" ] || package=$(ls -t build/packages/*_arm64.deb 2>/dev/null | head -n 1 || true)
[ -f "$package" ] || missing "no package for arm64 (${package:-build/packages/*_arm64.deb}); build one: scripts/package.sh arm64"
for program in simulator receiver; do
  [ -x "build/release/test/ffl-$program" ] || missing "build first: cmake --build --preset release --target ffl-simulator ffl-receiver"
done

scripts/board-image.sh build/board || { echo "board.sh: cannot make the image" >&2; exit 2; }
# A board that hangs must not block the tests forever; whatever the run started ends with it.
PYTHONDONTWRITEBYTECODE=1 exec timeout --foreground --kill-after=30 $((900 + 120 * cuts)) \
  python3 test/board/run.py --image "$PWD/build/board" --work "$PWD/build/board/run" --programs "$PWD/build/release/test" \
  --data "$PWD/test/data" --cuts "$cuts" ${options[@]+"${options[@]}"} "$package"
