#!/bin/bash
# Receives one of ffl-agent's callbacks on standard input and answers on standard output, for a
# server that starts a program for each connection. Debian has one without installing anything:
#
#   FFL_SECRET_FILE=secrets FFL_SEEN=seen systemd-socket-activate --accept --inetd \
#     -E FFL_SECRET_FILE -E FFL_SEEN -l 127.0.0.1:9000 ./receiver.sh
#
# (or a .socket unit with Accept=yes, or `socat TCP-LISTEN:9000,fork EXEC:./receiver.sh`).
# FFL_SECRET_FILE is the agent's signing_secret_file: whsec_ lines, of which one must have signed.
# FFL_SEEN is a folder that remembers webhook-ids. The event is given to FFL_HANDLER (a program, on
# its standard input), or printed to standard error. Some callbacks a second, not hundreds.
set -u
export LC_ALL=C

tolerance_s=300 most_bytes=8388608 remembered=10000
secrets=${FFL_SECRET_FILE:?} seen=${FFL_SEEN:?}
work=$(mktemp -d) || exit 74
trap 'rm -rf "$work"' EXIT

answer() { # answer STATUS PHRASE [WHY]
  printf 'HTTP/1.1 %s %s\r\nConnection: close\r\nContent-Type: text/plain\r\n' "$1" "$2"
  [ "$1" = 204 ] || printf 'Content-Length: %s\r\n' "${#3}"
  printf '\r\n'
  [ "$1" = 204 ] || printf '%s' "$3"
  [ "$1" = 204 ] || echo "receiver.sh: $1 $3" >&2
  exit 0
}

# Hashed with a salt that nobody knows: how long the comparison takes says nothing about either.
same() { # same A B
  local salt
  salt=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
  [ "$(printf '%s%s' "$salt" "$1" | sha256sum)" = "$(printf '%s%s' "$salt" "$2" | sha256sum)" ]
}

# HMAC-SHA-256 (RFC 2104) by hand: a key among the arguments of openssl would be seen by everybody
# on the machine. Bytes are written by the shell itself.
padded() { # padded BYTE KEY...: the key, filled up to 64 bytes, each xor BYTE
  local with=$1 i text=
  for ((i = 0; i < 64; i++)); do
    shift
    printf -v text '%s\\x%02x' "$text" $((${1:-0} ^ with))
  done
  printf '%b' "$text"
}
hmac() { # hmac KEY...: of the file "signed", as base64
  { padded 92 "$@"; { padded 54 "$@"; cat "$work/signed"; } | openssl dgst -sha256 -binary; } |
    openssl dgst -sha256 -binary | base64
}

IFS=' ' read -r -t 10 method _ _ || exit 0
length='' id='' timestamp='' signatures=''
while IFS= read -r -t 10 line; do
  line=${line%$'\r'}
  [ -n "$line" ] || break
  value=${line#*:}
  value=${value# }
  name=${line%%:*}
  case ${name,,} in
    content-length) length=$value ;;
    webhook-id) id=$value ;;
    webhook-timestamp) timestamp=$value ;;
    webhook-signature) signatures=$value ;;
    ffl-test) export FFL_TEST=$value ;;
    expect) printf 'HTTP/1.1 100 Continue\r\n\r\n' ;;
  esac
done
[ "$method" = POST ] || answer 405 'Method Not Allowed' 'callbacks come with POST'
[[ $length =~ ^[0-9]{1,9}$ ]] || answer 411 'Length Required' 'a Content-Length is needed'
[ "$length" -le $most_bytes ] || answer 413 'Content Too Large' 'too large'
timeout 30 head -c "$length" >"$work/body"
[ "$(stat -c %s "$work/body")" -eq "$length" ] || exit 0

[[ $id =~ ^[A-Za-z0-9_-]{1,100}$ && $timestamp =~ ^[0-9]{1,12}$ ]] ||
  answer 401 Unauthorized 'webhook-id or webhook-timestamp is missing'
{ printf '%s.%s.' "$id" "$timestamp"; cat "$work/body"; } >"$work/signed"
good=
while IFS= read -r secret || [ -n "$secret" ]; do
  [[ $secret =~ ^whsec_[A-Za-z0-9+/]+=*$ ]] || continue
  read -r -d '' -a key < <(base64 -d <<<"${secret#whsec_}" | od -An -v -tu1)
  wanted=$(hmac "${key[@]}")
  for signature in $signatures; do
    [[ $signature == v1,* ]] && same "${signature#v1,}" "$wanted" && good=yes
  done
done <"$secrets"
[ -n "$good" ] || answer 401 Unauthorized 'no signature fits'
now=$(date +%s)
away=$((now - 10#$timestamp))
[ ${away#-} -le $tolerance_s ] ||
  answer 401 Unauthorized 'webhook-timestamp is more than five minutes away from this clock'

# One at a time: a slow attempt and its repetition must not run together.
mkdir -p "$seen"
exec 9>"$seen/.lock"
flock 9
if [ -e "$seen/$id" ]; then
  echo "repeated $id" >&2
  answer 204 'No Content'
fi
if [ -n "${FFL_HANDLER-}" ]; then
  "$FFL_HANDLER" <"$work/body" >&2 || answer 500 'Internal Server Error' "$FFL_HANDLER failed"
else
  echo "event $(cat "$work/body")" >&2
fi
: >"$seen/$id"
# The oldest go when there are a tenth too many, so that this is not done for each callback.
if [ "$(find "$seen" -type f ! -name .lock | wc -l)" -gt $((remembered + remembered / 10)) ]; then
  find "$seen" -type f ! -name .lock -printf '%T@ %p\n' | sort -n | head -n "-$remembered" | cut -d' ' -f2- | xargs -r -d '\n' rm -f
fi
answer 204 'No Content'
