#!/usr/bin/env bash
# The manual page names every command, option and exit code that the program's own --help names, and every environment variable that the
# program reads.
#   test/check_manual.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:?PROGRAM}
page=conf/ffl-agent.8

# Plain text: macros, fonts and escaped hyphens taken off.
text=$(sed -E '/^\.\\"/d; s/^\.(TP|PP|B|I|BR|BI|RB|IR|SH|TH)\b//; s/\\f[BIR]//g; s/\\-/-/g; s/\\[~c]//g; s/"//g' "$page" | tr -s ' \n' ' ')
faults=0
wants() { # wants WORDS WHERE
  grep -qF -- "$1" <<<"$text" || { echo "$page does not name $1 ($2)" >&2; faults=1; }
}

commands=()
names() { # names COMMAND...: the commands that this one's help lists
  "$program" "$@" --help | awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && NF { print $1 }'
}
mapfile -t top < <(names)
for command in "${top[@]}"; do
  mapfile -t below < <(names "$command")
  if [ ${#below[@]} -eq 0 ]; then
    commands+=("$command")
  fi
  for sub in "${below[@]}"; do
    commands+=("$command $sub")
  done
done
[ ${#commands[@]} -ge 10 ] || { echo "check_manual.sh: --help was not understood: ${commands[*]}" >&2; exit 1; }

for command in "${commands[@]}"; do
  # `show` and `export` of the queue also stand without it, hence the whole name.
  wants "$command" "a command"
  # shellcheck disable=SC2086  # a command of two words
  for option in $("$program" $command --help | grep -oE '^ +(-[a-z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
    wants "$option" "an option of $command"
  done
done
for code in $("$program" --help | sed -n '/^Exit codes/,$p' | grep -oE '\b[0-9]+ [a-zI]' | cut -d' ' -f1); do
  wants " $code " "an exit code"
done
for variable in $(grep -rhoE '(getenv|environment|environment_number)\("[A-Z_]+"\)' agent common | grep -oE '[A-Z_]{4,}' | sort -u); do
  wants "$variable" "an environment variable"
done
if command -v man >/dev/null; then
  said=$(man -l --warnings -E UTF-8 -Tutf8 -Z "$page" 2>&1 >/dev/null)
  [ -z "$said" ] || { echo "$said" >&2; faults=1; }
fi
exit $faults
