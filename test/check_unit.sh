#!/usr/bin/env bash
# The unit as systemd reads it: without a word of complaint, and as closed as it was made (1.5 of 10; what is left is the network, which is the
# agent's work, and the question whether the clock is synchronised). Passes over it where there is no systemd-analyze.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v systemd-analyze >/dev/null || { echo "check_unit.sh: no systemd-analyze here, nothing checked"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# As installed, but for the program and the manual, which need not be installed here.
sed -E 's#^(Exec[A-Za-z]+)=/usr/bin/ffl-agent.*#\1=/bin/true#; /^Documentation=/d' systemd/ffl-agent.service >"$work/ffl-agent.service"
mkdir "$work/ffl-agent.service.d"
# All that the example has to offer.
sed -E 's/^# ([A-Z][A-Za-z]+=)/\1/' systemd/listen.conf.example >"$work/ffl-agent.service.d/listen.conf"
said=$(systemd-analyze verify "$work/ffl-agent.service" 2>&1) || true
if [ -n "$said" ]; then
  echo "$said" >&2
  exit 1
fi
rm -r "$work/ffl-agent.service.d"
systemd-analyze security --offline=true --threshold=15 --no-pager "$work/ffl-agent.service" >"$work/security" 2>&1 || {
  grep -v '✓' "$work/security" >&2
  exit 1
}
tail -n 1 "$work/security"

# Two settings that look like hardening and break the agent: its queue's times hang on the boot's id, its ages on the clock's state.
if grep -E '^(ProcSubset=pid|ProtectClock=yes)' systemd/ffl-agent.service >&2; then
  echo "check_unit.sh: see the comments in the unit" >&2
  exit 1
fi
# A reload judges before it signals.
[ "$(sed -n 's/^ExecReload=//p' systemd/ffl-agent.service)" = '/usr/bin/ffl-agent check --reload
/bin/kill -HUP $MAINPID' ]
grep -q '^SystemCallFilter=adjtimex clock_adjtime' systemd/ffl-agent.service
