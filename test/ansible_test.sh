#!/usr/bin/env bash
# The Ansible role of conf/examples: its syntax, and what it does on a board that is a folder with the
# real program, and with a systemctl that starts and restarts it and reloads it by the lines of the
# unit. It changes no file outside of that folder.
#   test/ansible_test.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${1:?PROGRAM}")
command -v ansible-playbook >/dev/null || {
  # As a test program says it, so that scripts/test.sh counts it.
  echo "[  SKIPPED ] ansible_test: ansible-core is not installed (0 ms)"
  exit 0
}

work=$(mktemp -d)
finish() {
  [ ! -s "$work/pid" ] || kill -KILL "$(cat "$work/pid")" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
board=$work/board
mkdir -p "$work/bin" "$board"
: >"$work/asked"
die() {
  echo "ansible_test.sh: $*" >&2
  sed 's/^/  | /' "$work/said" "$work/log" >&2 2>/dev/null || true
  exit 1
}

cat >"$work/bin/systemctl" <<S
#!/bin/bash
# The service is a process whose id is in $work/pid. ExecReload= is run as the unit has it.
runs() { [ -s $work/pid ] && kill -0 "\$(cat $work/pid)" 2>/dev/null; }
start() {
  runs && return
  setsid $program run --config $board/agent.ini >>$work/log 2>&1 </dev/null &
  echo \$! >$work/pid
}
stop() {
  kill -TERM "\$(cat $work/pid)"
  while runs; do sleep 0.05; done
}
reload() {
  MAINPID=\$(cat $work/pid) FFL_AGENT_CONFIG=$board/agent.ini
  export MAINPID FFL_AGENT_CONFIG
  while read -r line; do
    sh -c "\$line" || return 1
  done < <(sed -n 's#^ExecReload=/usr/bin/ffl-agent#$program#p; s#^ExecReload=/bin/kill#kill#p' $PWD/systemd/ffl-agent.service)
}
case \$1 in
  show) runs && state=active || state=inactive; printf 'LoadState=loaded\nActiveState=%s\nUnitFileState=enabled\n' \$state ;;
  is-enabled) echo enabled ;;
  start | stop | reload) echo "\$1" >>$work/asked; "\$1" ;;
  restart) echo restart >>$work/asked; stop; start ;;
  *) ;;
esac
S
chmod +x "$work/bin/systemctl"
printf 'board ansible_connection=local ansible_python_interpreter=%s\n[boards]\nboard\n' "$(command -v python3)" >"$work/hosts"
export ANSIBLE_LOCAL_TEMP=$work/ansible ANSIBLE_REMOTE_TMP=$work/ansible ANSIBLE_HOME=$work/ansible ANSIBLE_NOCOLOR=1 ANSIBLE_NOCOWS=1 ANSIBLE_PIPELINING=1
export ANSIBLE_VAULT_PASSWORD_FILE=$work/vault LC_ALL=C.UTF-8
echo vault >"$work/vault"
secret=Geheim-4711
ansible-vault encrypt_string --name ffl_agent_server_password "$secret" >"$work/vaulted.yml" 2>"$work/said" || die "ansible-vault failed"

cd conf/examples/ansible
ansible-playbook --syntax-check -i "$work/hosts" playbook.yml >"$work/said" 2>&1 || die "the playbook's syntax is wrong"
printf -- '- hosts: boards\n  tasks:\n    - not_a_module:\n' >"$work/wrong.yml"
! ansible-playbook --syntax-check -i "$work/hosts" "$work/wrong.yml" >/dev/null 2>&1 || die "a wrong playbook passes"

door='{"name": "door", "target": "http://127.0.0.1:9/", "filters": {"type_in": "face"}}'
variables() { # variables SETTINGS WEBHOOKS
  cat <<V
{"ansible_become": false, "ffl_agent_program": "$program", "ffl_agent_folder": "$board", "ffl_agent_socket": "$work/agent.sock",
 "ffl_agent_owner": "$(id -un)", "ffl_agent_group": "$(id -gn)", "ffl_agent_server_url": "", "ffl_agent_webhooks": [$2], "ffl_agent_patience": 20,
 "ffl_agent_settings": {"ingest": {"listen": "", "socket": "$work/agent.sock"}, "queue": {"path": "agent.db"$1}}}
V
}
play() { # play SETTINGS WEBHOOKS [OPTION...]
  variables "$1" "$2" >"$work/variables.json"
  PATH=$work/bin:$PATH ansible-playbook -i "$work/hosts" -e "@$work/variables.json" -e "@$work/vaulted.yml" "${@:3}" playbook.yml >"$work/said" 2>&1
}
asked() { # what the role asked of systemd since the last look
  local found
  found=$(xargs <"$work/asked")
  : >"$work/asked"
  [ "$found" = "$1" ] || die "systemd was asked '$found', wanted '$1'"
}
said() { grep -qF -- "$1" "$work/said" || die "the play does not say: $1"; }
agent() { curl -sf --unix-socket "$work/agent.sock" "http://localhost$1"; }

echo "== from nothing: the files, the service, ready"
play "" "$door" --diff -vv || die "the first play failed"
asked start
[ "$(stat -c %a "$board/password" "$board/agent.ini" "$board/webhooks.json" | xargs)" = "640 640 640" ] || die "the modes are wrong"
[ "$(cat "$board/password")" = "$secret" ] || die "the password is wrong"
! grep -q "$secret" "$work/said" || die "the play shows the password"
[ "$(agent /v1/status | jq -r '.webhooks[0].name')" = door ] || die "the agent does not serve the webhook"

echo "== again: nothing changes"
play "" "$door" || die "the second play failed"
said "changed=0"
asked ""

echo "== a changed setting: reloaded, and the agent has read it"
stamp=$(agent /v1/status | jq -r .config.stamp)
play ', "keep_dead": "3d"' "$door" || die "the play with a changed setting failed"
asked reload
[ "$(agent /v1/status | jq -r .config.stamp)" != "$stamp" ] || die "the agent did not read its files"

echo "== a setting that needs a restart gets one"
play ', "sync": "normal"' "$door" || die "the play with a setting that needs a restart failed"
asked "reload restart"
[ "$(agent /v1/status | jq .config.stale)" = false ] || die "the agent does not run with its files"

echo "== a faulty setting or webhook fails the play, and the board keeps its files"
cp -r "$board" "$work/kept"
! play ', "sync": "maybe"' "$door" || die "the play with a faulty setting passes"
said "[queue] sync = maybe: expected one of: full, normal"
! play ', "sync": "normal"' "$door, $door" || die "the play with a webhook that stands twice passes"
said "another webhook already has this name"
asked ""
for file in agent.ini webhooks.json; do
  cmp -s "$board/$file" "$work/kept/$file" || die "the faulty $file was put in place"
done

echo "== what a reload would refuse fails the play with the reason"
headers=', "sync": "normal"}, "webhook door": {"headers_file": "headers.txt"'
echo 'X-Key: 1' >"$board/headers.txt"
play "$headers" "$door" || die "the play with a headers file failed"
asked reload
rm "$board/headers.txt"
! play "$headers" "${door/door/gate}" || die "the play on a board that lacks a file passes"
said "headers.txt"
asked ""
[ "$(agent /v1/status | jq .config.stale)" = false ] || die "the agent was asked to read what it refuses"
echo "ansible_test.sh: passes"
