#!/usr/bin/env bash
# Looks for inputs that break a promise of the code that reads what others send (test/fuzz), with
# clang's fuzzer and its sanitizers. Each target begins with the inputs of test/fuzz/corpus/TARGET and
# with what earlier runs found in build/fuzz/found/TARGET. The table says for each target how often it
# was called, how many inputs reached something new, how many edges they reach together, and which part
# of its subject's lines. An input that breaks a promise stays in build/fuzz/broken, and the exit code
# is 1 then.
#   scripts/fuzz.sh                          every target for 60 s, JOBS (all processors) at a time
#   scripts/fuzz.sh --seconds 3600 url wal   these two for an hour
#   scripts/fuzz.sh --list                   the targets
#   scripts/fuzz.sh --minimise TARGET        adds to the corpus what reaches more than the corpus does
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60 minimise=
jobs=${JOBS:-$(nproc)}
all=$(printf '%s\n' test/fuzz/*_fuzz.cpp | sed 's|^test/fuzz/||; s|_fuzz.cpp$||')
chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --minimise) minimise=yes ;;
    --list) echo "$all"; exit ;;
    -*) sed -n '8,11s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    *)
      grep -qxF -- "$1" <<<"$all" || { echo "fuzz.sh: there is no target $1; --list names them" >&2; exit 64; }
      chosen+=("$1")
      ;;
  esac
  shift
done
[ ${#chosen[@]} -gt 0 ] || mapfile -t chosen <<<"$all"

scripts/setup.sh sanitizers
programs=build/fuzz/test/fuzz
work=$PWD/build/fuzz
log=$(mktemp)
if ! cmake --preset fuzz >"$log" 2>&1 ||
  ! cmake --build --preset fuzz --target "${chosen[@]/%/_fuzz}" -- -j "$jobs" >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
rm -f "$log"
mkdir -p "$work/logs" "$work/broken"
export seconds programs work
export TMPDIR=${TMPDIR:-/dev/shm} # where the disk costs nothing
export UBSAN_OPTIONS=print_stacktrace=1

words_of() { # the dictionary of a target: what a fuzzer would take long to guess
  case $1 in
    http_*) echo http ;;
    config | ini) echo config ;;
    bearer_token | event_splitter) echo json ;;
    *) echo "$1" ;;
  esac
}

subject_of() { # the files whose lines count for a target
  case $1 in
    bearer_token) echo agent/findface/bearer_token.cpp ;;
    config) echo agent/config/config*.cpp ;;
    definitions) echo agent/webhooks/{definition_list,webhook,page_signs,misplaced_filters,failure_sign}.cpp ;;
    event) echo agent/events/{event,event_slots,shortened_event,unread_values,envelope,json_strings}.cpp ;;
    event_splitter) echo agent/events/event_splitter.cpp ;;
    filters) echo agent/webhooks/{filter,filter_parser,webhook_index,plate_hint}.cpp ;;
    http_request) echo common/http_server/{reader,target}.cpp ;;
    http_response) echo common/http_client/response_{head,body}.cpp ;;
    idna) echo common/net/idna.cpp ;;
    ini) echo common/text/{ini,plain_text}.cpp ;;
    leaf_pages) echo agent/store/leaf_pages.cpp ;;
    retry_after) echo agent/webhooks/retry_after.cpp ;;
    secrets) echo agent/config/{secrets,text_file}.cpp ;;
    url) echo common/net/{url,url_host,url_text,masked_url}.cpp ;;
    values) echo common/net/{address,host_port}.cpp common/text/values.cpp ;;
    wal) echo common/sqlite/wal_{file,log}.cpp ;;
    *) echo "fuzz.sh: $1 has no subject: name its files in subject_of()" >&2; return 1 ;;
  esac
}

dictionary() { # dictionary TARGET: as an argument, if there is one
  local words
  words=test/fuzz/dictionary/$(words_of "$1").dict
  [ ! -e "$words" ] || echo "-dict=$words"
}

# What part of the subject's lines the inputs reach.
covered() { # covered TARGET
  local target=$1 profile=$work/logs/$1
  LLVM_PROFILE_FILE=$profile.profraw "$programs/${target}_fuzz" -runs=0 "$work/found/$target" \
    "test/fuzz/corpus/$target" >/dev/null 2>&1 || true
  llvm-profdata-14 merge -o "$profile.profdata" "$profile.profraw"
  # Columns: file, 3 of regions, 3 of functions, lines, lines not reached.
  llvm-cov-14 report "$programs/${target}_fuzz" -instr-profile="$profile.profdata" |
    awk -v files=" $(subject_of "$target") " 'index(files, " " $1 " ") {lines += $8; missed += $9}
      END {printf "%.1f%%\n", 100 * (lines - missed) / lines}'
}

fuzz() { # fuzz TARGET
  local target=$1 dict
  dict=$(dictionary "$target")
  # The counts of lines are those of covered().
  LLVM_PROFILE_FILE=/dev/null "$programs/${target}_fuzz" "$work/found/$target" "test/fuzz/corpus/$target" \
    ${dict:+"$dict"} -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$work/broken/$target-" >"$work/logs/$target" 2>&1 || touch "$work/logs/$target.broken"
  covered "$target" >"$work/logs/$target.lines"
}

minimise() { # minimise TARGET
  LLVM_PROFILE_FILE=/dev/null "$programs/$1_fuzz" -merge=1 "test/fuzz/corpus/$1" "$work/found/$1" \
    >"$work/logs/$1" 2>&1
  echo "$1: $(find "test/fuzz/corpus/$1" -type f | wc -l) inputs"
}

for target in "${chosen[@]}"; do
  subject_of "$target" >/dev/null
  rm -f "$work/logs/$target.broken"
  mkdir -p "$work/found/$target"
done
if [ -n "$minimise" ]; then
  for target in "${chosen[@]}"; do minimise "$target"; done
  exit
fi
export -f fuzz covered dictionary words_of subject_of
printf '%s\n' "${chosen[@]}" | xargs -P "$jobs" -n 1 bash -c 'fuzz "$1"' fuzz

result=0
stat_of() { sed -n "s/^stat::$2: *//p" "$work/logs/$1"; }
printf '%-16s %12s %8s %8s %8s\n' target runs new edges lines
for target in "${chosen[@]}"; do
  edges=$(grep -o 'cov: [0-9]*' "$work/logs/$target" | tail -1 | cut -c6-)
  printf '%-16s %12s %8s %8s %8s\n' "$target" "$(stat_of "$target" number_of_executed_units)" \
    "$(stat_of "$target" new_units_added)" "$edges" "$(<"$work/logs/$target.lines")"
done
for target in "${chosen[@]}"; do
  [ -e "$work/logs/$target.broken" ] || continue
  result=1
  input=$(sed -n 's/.*Test unit written to //p' "$work/logs/$target" | tail -1)
  echo
  echo "fuzz.sh: $target broke: $(grep -m1 -oE 'broken: .*|runtime error: .*|ERROR: .*' "$work/logs/$target" || echo "see the log")"
  echo "  the input:  $input"
  echo "  the log:    build/fuzz/logs/$target"
  echo "  once more:  $programs/${target}_fuzz $input"
  echo "  mended, it stays in test/fuzz/corpus/$target under a name that says what it is"
done
exit "$result"
