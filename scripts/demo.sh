#!/usr/bin/env bash
# The main job, end to end, on this machine's loopback: a simulated FindFace Lite, a callback receiver
# and the agent as it is shipped. Creates the manual's example webhook and one for everything, sends
# events and prints the callbacks as they arrive; then stops the receiver, sends more events, kills
# the agent, starts both again, and counts. Exits with 1 if a callback is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target ffl-agent ffl-simulator ffl-receiver
bin=$PWD/build/release
dir=$(mktemp -d)
declare -A pids=()

cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
agent() { "$bin/ffl-agent" "$@" --config "$dir/agent.ini"; }

start() { # start NAME COMMAND...: output to NAME.out and NAME.log
  local name=$1
  shift
  "$@" >>"$dir/$name.out" 2>>"$dir/$name.log" &
  pids[$name]=$!
}
stop() { # stop NAME SIGNAL
  kill "-$2" "${pids[$1]}"
  wait "${pids[$1]}" 2>/dev/null || true
  unset "pids[$1]"
}
until_true() { # until_true SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ $SECONDS -ge $end ]; then
      echo "gave up waiting for: $*" >&2
      tail -n 5 "$dir"/*.log >&2
      return 1
    fi
    sleep 0.05
  done
}
listening() { grep -q '^listening on ' "$dir/$1.out"; }
port_of() { sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$dir/$1.out" | tail -n 1; }
ready() { agent status >/dev/null 2>&1; }
# Callbacks that were answered with 200, each counted once by its webhook-id.
arrived() { grep -h '"status":200' "$dir"/receiver.out | jq -r .webhook_id | sort -u | wc -l; }
all_arrived() { [ "$(arrived)" -eq "$expected" ]; }
send() { # send FILE: adds the deliveries that the agent promises to the expected ones
  local answer
  answer=$(agent send "$1" --json)
  echo "  agent: $answer"
  expected=$((expected + $(jq .deliveries <<<"$answer")))
}
show_new() { # the callbacks that arrived since the last call
  tail -n "+$((shown + 1))" "$dir/receiver.out" | grep webhook_id |
    jq -r '"  callback \(.path)  event \(.event_id)  \(.type // "-")  attempt \(.attempt)"' || true
  shown=$(wc -l <"$dir/receiver.out")
}

say "A FindFace Lite server, a receiver and the agent"
echo "demo-password" >"$dir/password"
touch "$dir/receiver.out"
start simulator "$bin/test/ffl-simulator" --user installer --password-file "$dir/password" --token-seconds 30
start receiver "$bin/test/ffl-receiver"
until_true 10 listening simulator
until_true 10 listening receiver
receiver_port=$(port_of receiver)
shown=$(wc -l <"$dir/receiver.out")
expected=0
cat >"$dir/agent.ini" <<INI
[server]
url = http://127.0.0.1:$(port_of simulator)
username = installer
password_file = password
[ingest]
listen = 127.0.0.1:0
socket = agent.sock
[delivery]
retry_max = 1s
[queue]
path = agent.db
INI
start agent "$bin/ffl-agent" run --config "$dir/agent.ini"
until_true 10 ready

say "The manual's example webhook and one for everything, created with the agent's command line"
jq --arg target "http://127.0.0.1:$receiver_port/webhook_test" '.target = $target' test/data/manual_webhook.json >"$dir/example.json"
agent webhook create "$dir/example.json" --json
echo "{\"name\": \"everything\", \"target\": \"http://127.0.0.1:$receiver_port/everything\"}" | agent webhook create - --json
agent sync
agent webhook list

say "The event that the example describes, and one whose yaw is 3.4999"
send test/data/manual_event.json
send test/data/manual_event_yaw_3.4999.json
agent explain test/data/manual_event_yaw_3.4999.json

say "Faces, cars and licence plates"
head -n 24 test/data/events/mixed.ndjson >"$dir/first.ndjson"
tail -n +25 test/data/events/mixed.ndjson >"$dir/second.ndjson"
send "$dir/first.ndjson"
until_true 15 all_arrived
show_new

say "The receiver stops; more events are sent"
stop receiver TERM
send "$dir/second.ndjson"
agent queue list --limit 5

say "The agent is killed (SIGKILL) with deliveries pending; then both are started again"
stop agent KILL
agent queue list --json | jq -r '"  meanwhile the database holds \(.deliveries | length) deliveries"'
start agent "$bin/ffl-agent" run --config "$dir/agent.ini"
until_true 10 ready
start receiver "$bin/test/ffl-receiver" --port "$receiver_port"
until_true 20 all_arrived
show_new
agent status

say "Result"
missing=$((expected - $(arrived)))
repeats=$(($(grep -hc '"status":200' "$dir/receiver.out") - $(arrived)))
echo "  expected $expected callbacks, arrived $(arrived), missing $missing, repeated after the kill $repeats"
[ "$missing" -eq 0 ]
