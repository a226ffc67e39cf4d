#!/usr/bin/env bash
# The packages are built with the C++ library of Debian 11, of g++ 10, which lacks some of C++20 that
# g++ 12 has: every other build takes it. This refuses what that library lacks, outside comments, in
# the program, minutes before a portable build would. First it proves on a sample that it finds it.
# make_shared of an array is worse than lacking: it compiles there, and allocates one element.
set -euo pipefail
cd "$(dirname "$0")/.."

lacking='std::chrono::((year|month|weekday)(_[a-z_]+)?|day|last_spec|hh_mm_ss|parse|local_t|tzdb|zoned_time|utc_clock)\b'
lacking+='|make_(shared|unique_for_overwrite|shared_for_overwrite)<[^>]*\[\]>'
lacking+='|^ *#include <(format|latch|barrier|semaphore|source_location|syncstream|spanstream|stacktrace|expected|print|generator)>'

# FILE:LINE:TEXT of each in the files given.
faults() {
  grep -nHE "$lacking" "$@" | grep -vE '^[^:]+:[0-9]+: *//' || true
}

sample=$(mktemp)
trap 'rm -f "$sample"' EXIT
printf '%s\n' '#include <format>' 'std::chrono::year{2025} / 1 / 1' 'std::chrono::year_month_day day;' \
  '// std::chrono::year' 'std::chrono::days{1}; std::chrono::years{1}; #include <span>' 'std::chrono::sys_days' 'std::make_shared<char[]>(n)' 'std::make_unique<char[]>(n)' >"$sample"
found=$(faults "$sample" | cut -d: -f2 | tr '\n' ' ')
[ "$found" = "1 2 3 7 " ] || { echo "check_portable.sh: found lines $found of its sample" >&2; exit 1; }

mapfile -t files < <(find agent common -name '*.[ch]pp')
found=$(faults "${files[@]}")
[ -z "$found" ] || { echo "the C++ library of Debian 11 lacks this:"$'\n'"$found" >&2; exit 1; }
