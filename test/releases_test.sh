#!/usr/bin/env bash
# Runs the program of a package on the C library of each Debian release that the package is for, in root folders that hold nothing else: an event is
# taken, matched and queued, and the queue is there after a restart. Needs root; for another architecture what `scripts/setup.sh cross` installs.
#   test/releases_test.sh FILE.deb [SUITE...]      default: bullseye bookworm trixie
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/.."
deb=$(realpath "${1:?FILE.deb}")
shift
[ $# -gt 0 ] || set -- bullseye bookworm trixie
arch=$(dpkg-deb -f "$deb" Architecture)
if [ "$(id -u)" -ne 0 ]; then
  echo "releases_test.sh: needs root" >&2
  exit 1
fi
# Mounts of our own: whatever happens here ends here.
if [ -z "${FFL_RELEASES_TEST-}" ]; then
  FFL_RELEASES_TEST=1 exec unshare --mount --pid --fork --kill-child "$self" "$deb" "$@"
fi

emulator=
case $arch in
  "$(dpkg --print-architecture)") ;;
  arm64) emulator=qemu-aarch64-static ;;
  armhf) emulator=qemu-arm-static ;;
esac
if [ -n "$emulator" ]; then
  emulator=$(command -v "$emulator") || { echo "releases_test.sh: no $emulator: scripts/setup.sh cross" >&2; exit 69; }
fi

work=$(mktemp -d)
trap 'umount -R -l "$work"/*/proc "$work"/*/dev 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

for suite in "$@"; do
  root=$work/$suite
  mkdir -p "$root"/{usr/lib,usr/lib64,usr/bin,proc,dev,tmp,run}
  ln -s usr/lib "$root/lib"
  ln -s usr/lib64 "$root/lib64"
  scripts/download.sh "$suite" "$arch" "$root/debs" --depends libc6
  for one in "$root"/debs/*.deb "$deb"; do
    dpkg-deb --fsys-tarfile "$one" | tar -C "$root" -xf - --keep-directory-symlink
  done
  mount -t proc none "$root/proc"
  mount --rbind /dev "$root/dev"
  [ -z "$emulator" ] || cp "$emulator" "$root/emulator"
  cat >"$root/agent.ini" <<INI
[webhooks]
file = webhooks.json
[ingest]
listen =
socket = /run/agent.sock
[queue]
path = /tmp/agent.db
INI
  cp test/data/manual_event.json "$root/event.json"
  jq '.target = "http://127.0.0.1:9/" | [.]' test/data/manual_webhook.json >"$root/webhooks.json"
  command=(chroot "$root" ${emulator:+/emulator} /usr/bin/ffl-agent --config /agent.ini)
  inside() { "${command[@]}" "$@"; }

  for start in first second; do
    "${command[@]}" run 2>"$root/$start.log" &
    pid=$!
    for _ in $(seq 200); do
      inside status >/dev/null 2>&1 && break
      sleep 0.05
    done
    [ $start = second ] || inside send /event.json
    waiting=$(inside status --json | jq .queue.pending)
    kill -TERM "$pid"
    wait "$pid"
  done
  libc=$(dpkg-deb -f "$root"/debs/libc6_*.deb Version)
  if [ "$waiting" != 1 ]; then
    echo "releases_test.sh: $suite: $waiting deliveries wait after the restart, not 1" >&2
    exit 1
  fi
  echo "ok    $suite ($arch, glibc $libc): an event taken, matched, queued, and there after a restart"
done
