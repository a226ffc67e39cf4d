#!/bin/sh
# Sends events to ffl-agent with curl: NDJSON on standard input, one event a line, one request each.
#
#   recogniser | ./producer.sh
#   FFL_URL=https://board-7:8093 FFL_TOKEN_FILE=token FFL_CA_FILE=agent.crt ./producer.sh <lines
#   FFL_SOCKET=/run/ffl-agent/agent.sock ./producer.sh <lines
#
# Waits and sends the same bytes again until the agent says 202. Exit code: 0 all accepted, 65 some
# were faulty and left out, 77 the token or another setting is wrong. A shell opens a connection for
# each event: for more than some events a second take producer.py, or send many in one request.
set -u

url=${FFL_URL:-http://127.0.0.1:8093}/v1/events
work=$(mktemp -d) || exit 74
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# What curl is told beside the request. The token stays in a file that only we can read: the
# arguments of a program are seen by everybody on the machine.
{
  echo 'silent'
  echo 'show-error'
  echo 'max-time = 15'
  [ -z "${FFL_SOCKET-}" ] || printf 'unix-socket = "%s"\n' "$FFL_SOCKET"
  [ -z "${FFL_CA_FILE-}" ] || printf 'cacert = "%s"\n' "$FFL_CA_FILE"
  [ -z "${FFL_TOKEN_FILE-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$(head -n 1 "$FFL_TOKEN_FILE")"
} >"$work/curl"

detail() { sed -n 's/.*"detail": *"\(.*\)".*/\1/p' "$work/answer"; }

# The seconds of Retry-After, at least $1 and at most an hour.
wait_for() {
  asked=$(tr -d '\r' <"$work/head" | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,9\}\).*/\1/p' | tail -n 1)
  asked=${asked:-0}
  [ "$asked" -ge "$1" ] || asked=$1
  [ "$asked" -le 3600 ] || asked=3600
  echo "$asked"
}

# 0: accepted; 65: faulty; 77: a setting is wrong.
send() {
  pause=1
  while :; do
    : >"$work/head"
    : >"$work/answer"
    # Without "Expect:" curl asks before it sends a large body, which costs a round trip.
    status=$(curl --config "$work/curl" -H 'Content-Type: application/json' -H 'Expect:' \
      --data-binary "@$work/event" -D "$work/head" -o "$work/answer" -w '%{http_code}' "$url")
    case $status in
      202) cat "$work/answer"; echo; return 0 ;;
      400 | 413 | 415 | 508)
        echo "producer.sh: left out, $status: $(detail)" >&2
        return 65 ;;
      000 | 408 | 429 | 5??) ;; # not stored, or nobody knows: the same bytes again
      *)
        echo "producer.sh: stopped, $status: $(detail)" >&2
        return 77 ;;
    esac
    seconds=$(wait_for "$pause")
    echo "producer.sh: $status $(detail); again in $seconds s" >&2
    sleep "$seconds"
    [ "$pause" -ge 30 ] || pause=$((pause * 2))
  done
}

result=0
while IFS= read -r event || [ -n "$event" ]; do
  # Without an id an event that is sent again cannot be recognised and is delivered twice.
  case $event in
    '') continue ;;
    *'"id"'*) ;;
    '{'*'"'*) event="{\"id\":\"$(cat /proc/sys/kernel/random/uuid)\",${event#?}" ;;
  esac
  printf '%s' "$event" >"$work/event"
  send || {
    result=$?
    [ $result -ne 77 ] || exit 77
  }
done
exit $result
