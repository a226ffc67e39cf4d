#!/usr/bin/env bash
# conf/agent.ini.5 is the page that scripts/config_manual.py makes of conf/agent.ini and the program's
# table of keys, and it can be read on a terminal of 80 columns. First it proves that it would see a
# page that is out of step.
#   test/check_config_manual.sh KEYS    the program ffl-config-keys
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
keys=$(realpath "${1:?KEYS}")
page=conf/agent.ini.5
faults=0
fault() {
  echo "check_config_manual.sh: $*" >&2
  faults=1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

in_step() { cmp -s "$page" <(scripts/config_manual.py "$1" 2>/dev/null); } # in_step KEYS

for change in '.[0].default = "x"' '.[1].form = "x"' '.[-1:] = []' '. + [{section: "log", key: "new", default: "", form: "x"}]'; do
  printf '#!/bin/sh\n"%s" | jq '"'%s'"'\n' "$keys" "$change" >"$work/keys"
  chmod +x "$work/keys"
  ! in_step "$work/keys" || fault "does not see the change $change"
done
in_step "$keys" || fault "$page is out of step: scripts/config_manual.py build/debug/test/ffl-config-keys >$page"

for other in ffl-agent.8:'ffl\-agent.ini (5)' agent.ini.5:'ffl\-agent (8)'; do
  sed -n '/^\.SH SEE ALSO/,$p' "conf/${other%%:*}" | grep -qF "${other#*:}" ||
    fault "conf/${other%%:*}: SEE ALSO: expected ${other#*:}"
done
if command -v man >/dev/null; then
  # Without what makes letters bold.
  MANWIDTH=80 man -l --warnings -E UTF-8 -Tutf8 "$page" 2>"$work/said" | sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' >"$work/shown"
  [ ! -s "$work/said" ] || fault "$(cat "$work/said")"
  wide=$(grep -E '^.{81,}$' "$work/shown" || true)
  [ -z "$wide" ] || fault "$page is wider than 80 columns: $wide"
  grep -q 'deny_targets' "$work/shown" || fault "man shows nothing of $page"
fi
exit $faults
