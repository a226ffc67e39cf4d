#!/usr/bin/env bash
# Refuses C++ files that clang-format would change, and comments beyond 100 columns. First it proves
# that it can.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."

faults() { # faults FILE...: one line for each fault
  clang-format --dry-run "$@" 2>&1 | grep -oE '^[^:]+:[0-9]+:[0-9]+: .*' || true
  grep -nE '^.{101,}$' "$@" /dev/null | grep -E '^[^:]+:[0-9]+:(.*[[:space:]])?//' |
    sed -E 's/^([^:]+:[0-9]+):.*/\1: a comment beyond 100 columns/' || true
}

sample=$(mktemp --suffix .cpp -p .)
trap 'rm -f "$sample"' EXIT
echo 'int  f( );' >"$sample"
faults "$sample" | grep -q 'code should be clang-formatted' ||
  { echo "check_format.sh: does not see a badly formatted line" >&2; exit 1; }
printf '// %0100d\n' 0 >"$sample"
faults "$sample" | grep -q 'beyond 100 columns' ||
  { echo "check_format.sh: does not see a line that is too long" >&2; exit 1; }

mapfile -t files < <(git ls-files '*.cpp' '*.hpp' '*.c')
found=$(faults "${files[@]}")
if [ -n "$found" ]; then
  printf '%s\n' "$found" >&2
  echo "check_format.sh: run clang-format -i on these files" >&2
  exit 1
fi
