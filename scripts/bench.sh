#!/usr/bin/env bash
# Builds the release and measures it on this machine: events per second with 16 keep-alive
# producers, one POST per event and in NDJSON batches, latency at 200 events per second, CPU, memory
# and bytes written. Prints one table. Machines differ and are noisy: compare within one run.
#   scripts/bench.sh [SECONDS [OTHER]]   SECONDS per row (5); OTHER: a second ffl-agent, an older
#                                        build for example, measured in turns with this one
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5}
cmake --preset release >/dev/null
cmake --build --preset release --target ffl-agent ffl-load >/dev/null
bin=build/release
agents=("$bin/ffl-agent" ${2:+"$2"})
dir=$(mktemp -d)
agent=
cleanup() { [ -z "$agent" ] || kill "$agent" 2>/dev/null || true; rm -rf "$dir"; }
trap cleanup EXIT

receiver_port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
cat >"$dir/webhooks.json" <<J
[{"name": "bench", "target": "http://127.0.0.1:$receiver_port/callback", "filters": {"type_in": "face", "camera_in": [1, 2], "matched": true}}]
J
cat >"$dir/agent.ini" <<J
[webhooks]
file = webhooks.json
[ingest]
listen = 127.0.0.1:0
socket =
[queue]
path = agent.db
J

proc() { awk -v k="$1:" '$1 == k {print $2}' "/proc/$agent/$2"; }
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{printf "%d", ($14 + $15) * 1000 / hz}' "/proc/$agent/stat"; }

row() { # row NAME ffl-load-arguments...: one line for each agent
  local one
  for one in "${agents[@]}"; do
    measure "$one" "$([ "$one" = "${agents[0]}" ] || echo 'other: ')$1" "${@:2}"
  done
}

measure() { # measure AGENT NAME ffl-load-arguments...
  local program=$1 name=$2 out cpu0 w0
  shift 2
  rm -f "$dir"/agent.db*
  "$program" run --config "$dir/agent.ini" 2>"$dir/log" &
  agent=$!
  until port=$(grep -om1 'address=127.0.0.1:[0-9]*' "$dir/log" | cut -d: -f2) && [ -n "$port" ]; do sleep 0.02; done
  sleep 0.5
  local idle
  idle=$(proc VmRSS status)
  cpu0=$(cpu_ms)
  w0=$(proc write_bytes io)
  out=$("$bin/test/ffl-load" --agent-port "$port" --receiver-port "$receiver_port" --seconds "$seconds" "$@") || true
  printf '%s\n' "$out" | jq -r --arg n "$name" --argjson cpu $(($(cpu_ms) - cpu0)) --argjson idle "$idle" \
    --argjson peak "$(proc VmHWM status)" --argjson w $(($(proc write_bytes io) - w0)) \
    '[$n, (.accepted_per_s|floor), (.delivered_per_s|floor), (.missing|tostring) + "/" + (.delivered_again|tostring),
      ((.latency_p50_ms*100|floor)/100), ((.latency_p99_ms*100|floor)/100), ($cpu*1000/.delivered|floor), ($w/.delivered|floor), $idle, $peak] | @tsv'
  kill "$agent"
  wait "$agent" || true
  agent=
}

{
  printf 'load\taccepted/s\tdelivered/s\tmissing/again\tp50 ms\tp99 ms\tCPU us/event\tdisk B/event\tidle KiB\tpeak KiB\n'
  row "16 producers, one POST per event" --producers 16
  row "64 producers, one POST per event" --producers 64
  row "16 producers, NDJSON of 100" --producers 16 --batch 100
  row "200 events/s" --producers 4 --rate 200
} | column -t -s "$(printf '\t')"
