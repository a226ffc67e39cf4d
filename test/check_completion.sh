#!/usr/bin/env bash
# What the shells complete: the files of conf/completion are those that the program makes, and a shell that has read them offers what the
# program takes.
#   test/check_completion.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:?PROGRAM}
faults=0
fault() {
  echo "check_completion.sh: $*" >&2
  faults=1
}

for one in bash:ffl-agent zsh:_ffl-agent; do
  file=conf/completion/${one#*:}
  cmp -s "$file" <("$program" completion "${one%%:*}") ||
    fault "$file is out of step: build/debug/ffl-agent completion ${one%%:*} >$file"
done

bash_offers() { # bash_offers WORD...: what bash offers for the last word
  # shellcheck disable=SC2016  # the other bash is to expand it
  bash --norc -c '
    source conf/completion/ffl-agent
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    "$(complete -p ffl-agent | grep -oE "_ffl_agent")"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | tr '\n' ' ' | sed 's/^ *//'
}
zsh_offers() { # the same of zsh, whose completion functions are replaced by ones that print
  # shellcheck disable=SC2016
  zsh -f -c '
    compdef() { :; }
    _files() { print -l -- ${words[CURRENT]}*(N); }
    compadd() { shift; print -l -- $*; }
    _describe() {
      local name=${@[-1]} one
      for one in ${(P)name}; do print -r -- ${one%%:*}; done
    }
    source conf/completion/_ffl-agent
    words=("$@") CURRENT=$#
    _ffl_agent | grep -- "^${words[CURRENT]}"' zsh "$@" | sort | tr '\n' ' '
}

expect() { # expect SHELL OFFERED WORD...
  local shell=$1 wanted=$2
  shift 2
  local offered
  offered=$("${shell}_offers" "$@") || true
  [ "$offered" = "$wanted" ] || fault "$shell offers '$offered' instead of '$wanted' for: $*"
}

check_shell() {
  local shell=$1
  expect "$shell" "queue " ffl-agent qu
  expect "$shell" "send status sync " ffl-agent s
  expect "$shell" "drop export list retry show " ffl-agent queue ""
  expect "$shell" "retry " ffl-agent --config x.ini queue r
  expect "$shell" "list " ffl-agent --config queue queue li # a value is no command
  expect "$shell" "--since --state " ffl-agent queue list --s
  expect "$shell" "dead pending " ffl-agent queue list --state ""
  expect "$shell" "dead " ffl-agent queue list --webhook list --state d
  expect "$shell" "never " ffl-agent status --color n
  expect "$shell" "bash zsh " ffl-agent completion ""
  expect "$shell" "" ffl-agent queue list --limit ""
  expect "$shell" "CHANGELOG.md CMakeLists.txt CMakePresets.json " ffl-agent send C
  expect "$shell" "README.md " ffl-agent explain --webhooks R
}
check_shell bash
expect bash "dead " ffl-agent queue list --state = d
if command -v zsh >/dev/null; then
  zsh -n conf/completion/_ffl-agent || fault "zsh cannot read conf/completion/_ffl-agent"
  check_shell zsh
else
  # As a test program says it, so that scripts/test.sh counts it.
  echo "[  SKIPPED ] check_completion: zsh is not installed, its completion was only compared (0 ms)"
fi
exit $faults
