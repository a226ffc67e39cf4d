#!/usr/bin/env bash
# Installs, configures, upgrades, downgrades, removes and purges a package, with the real program and a real queue, in a root folder that
# vanishes: a writable layer in memory over this machine's root, or over another one, neither of which is written. Without root it says that it
# is left out.
#   test/package_test.sh FILE.deb [ROOT]
#     ROOT  default /; for another release one that debootstrap made, with what the package depends on
set -euo pipefail

deb=$(realpath "${1:?FILE.deb}")
lower=$(realpath "${2:-/}")
if [ "$(id -u)" -ne 0 ] || ! unshare --mount --net --pid --fork true 2>/dev/null; then
  echo "package_test.sh: left out: needs root, and leave to mount"
  exit 0
fi
# Mounts, network and processes of our own: whatever happens here ends here.
if [ -z "${FFL_PACKAGE_TEST-}" ]; then
  FFL_PACKAGE_TEST=1 exec unshare --mount --net --pid --fork --kill-child "$0" "$deb" "$lower"
fi

work=$(mktemp -d)
trap 'umount -R -l "$work" 2>/dev/null; rm -rf "$work"' EXIT
mount -t tmpfs -o size=1G none "$work"
mkdir "$work"/{upper,work,root,repack}
root=$work/root
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" none "$root"
mount -t proc none "$root/proc"
mount -t tmpfs none "$root/run"
mount --rbind /dev "$root/dev"
ip link set lo up

step() { echo "== $*"; }
die() {
  echo "package_test.sh: $*" >&2
  [ ! -f "$work/said" ] || sed 's/^/  | /' "$work/said" >&2
  exit 1
}
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
# What dpkg says is kept for said(). Unattended: nobody answers a question.
package() { inside dpkg "$@" >"$work/said" 2>&1 <&- || die "dpkg $* failed"; }
said() { grep -qF -- "$1" "$work/said" || die "dpkg did not say: $1"; }
is() { # is MODE OWNER:GROUP PATH
  local found
  found=$(inside stat -c '%a %U:%G' "$3") || die "$3 is not there"
  [ "$found" = "$1 $2" ] || die "$3 is $found, wanted $1 $2"
}
gone() { [ ! -e "$root$1" ] && [ ! -L "$root$1" ] || die "$1 is still there"; }
there() { [ -e "$root$1" ] || [ -L "$root$1" ] || die "$1 is not there"; }
# What the maintainer scripts asked of systemd since the last look.
asked() {
  local found
  found=$(cat "$root/run/asked" 2>/dev/null || true)
  rm -f "$root/run/asked"
  [ "$found" = "$1" ] || die "systemd was asked '$found', wanted '$1'"
}
waited=0
owed() { # how many deliveries the queue holds, as the program reads it
  inside runuser -u ffl-agent -- ffl-agent queue list --json | grep -o '"event_id"' | wc -l
}
until_there() { # until_there SOCKET
  for _ in $(seq 100); do
    [ ! -S "$1" ] || return 0
    sleep 0.1
  done
  die "$1 does not come"
}
enabled=/etc/systemd/system/multi-user.target.wants/ffl-agent.service

# The same package with another version and another agent.ini. conffile: where dpkg brings and owns
# it, as in the first packages.
repack() { # repack NAME SUFFIX [conffile]
  local tree=$work/repack/tree
  dpkg-deb -R "$deb" "$tree"
  sed -i "s/^Version: .*/&$2/" "$tree/DEBIAN/control"
  echo "# A line of the version $2." >>"$tree/usr/share/ffl-agent/agent.ini"
  if [ -n "${3-}" ]; then
    mv "$tree/usr/share/ffl-agent/agent.ini" "$tree/etc/ffl-agent/"
    echo /etc/ffl-agent/agent.ini >"$tree/DEBIAN/conffiles"
    sed -i '/^ *write_ini$/d' "$tree/DEBIAN/postinst"
  fi
  dpkg-deb -Zxz -z0 --root-owner-group -b "$tree" "$root/tmp/$1.deb" >/dev/null
  rm -rf "$tree"
}
litter() { find "$root/etc" -name 'agent.ini?*' -o -name 'password?*'; }
no_litter() { [ -z "$(litter)" ] || die "left over: $(litter)"; }
ini=$root/etc/ffl-agent/agent.ini

cp "$deb" "$root/tmp/first.deb"
repack later +later
repack older ~1 conffile
repack old ~2 conffile
inside dpkg --purge ffl-agent >/dev/null 2>&1 || true

step "install where systemd does not run"
package -i /tmp/first.deb
is 755 root:root /usr/bin/ffl-agent
is 750 root:ffl-agent /etc/ffl-agent
is 640 root:ffl-agent /etc/ffl-agent/agent.ini
is 640 root:ffl-agent /etc/ffl-agent/password
cmp -s "$ini" "$root/usr/share/ffl-agent/agent.ini" || die "agent.ini is not the packaged one"
inside dpkg -S /etc/ffl-agent/agent.ini >"$work/said" 2>&1 && die "dpkg owns agent.ini"
no_litter
is 750 ffl-agent:ffl-agent /var/lib/ffl-agent
is 750 ffl-agent:ffl-agent /run/ffl-agent
is 644 root:root /lib/systemd/system/ffl-agent.service
there $enabled
inside dpkg --verify ffl-agent >"$work/said" && [ ! -s "$work/said" ] || die "dpkg --verify"
package --purge ffl-agent
gone /etc/ffl-agent
gone $enabled

step "install where agent.ini is there already, as an image or a fleet's tool brings it"
mkdir -p "$root/etc/ffl-agent"
printf '[webhooks]\nfile = mine.json\n' >"$ini"
package -i /tmp/first.deb
grep -q '^file = mine.json' "$ini" || die "agent.ini was replaced"
is 640 root:ffl-agent /etc/ffl-agent/agent.ini
no_litter

step "upgrade where somebody deleted agent.ini: it stays deleted"
rm "$ini"
package -i /tmp/later.deb
gone /etc/ffl-agent/agent.ini
package --purge ffl-agent

step "upgrade from a version in which agent.ini was a conffile: an edited one and a mode stay, and nothing is asked"
package -i /tmp/older.deb
echo '# Edited.' >>"$ini"
# What this is about, and that this test would see it.
inside dpkg -i /tmp/old.deb >"$work/said" 2>&1 <&- && die "an edited conffile did not end an unattended upgrade"
said "conffile"
package --force-confold -i /tmp/old.deb
rm -f "$ini.dpkg-dist"
chmod 600 "$ini"
for next in later first later; do
  package -i /tmp/$next.deb
  grep -q '^# Edited' "$ini" || die "the upgrade to $next took the edit"
  is 600 root:ffl-agent /etc/ffl-agent/agent.ini
  no_litter
done
package --remove ffl-agent
there /etc/ffl-agent/agent.ini
package -i /tmp/later.deb
grep -q '^# Edited' "$ini" || die "removal and installation took the edit"
no_litter
package --purge ffl-agent
gone /etc/ffl-agent
[ -z "$(inside dpkg-query -W -f '${Conffiles}' ffl-agent 2>/dev/null)" ] || die "dpkg still knows the conffile"

step "the same where it was not edited, and where it was deleted"
package -i /tmp/old.deb
cp "$ini" "$work/unedited"
package -i /tmp/later.deb
cmp -s "$ini" "$work/unedited" || die "agent.ini was replaced"
is 640 root:ffl-agent /etc/ffl-agent/agent.ini
no_litter
package --purge ffl-agent
package -i /tmp/old.deb
rm "$ini"
package -i /tmp/later.deb
gone /etc/ffl-agent/agent.ini
package --purge ffl-agent
gone /etc/ffl-agent

# From here on systemd seems to run, and writes down what it is asked.
mkdir -p "$root/run/systemd/system"
printf '#!/bin/sh\necho "$*" >>/run/asked\n' >"$root/usr/bin/deb-systemd-invoke"
mv "$root/usr/bin/systemctl" "$root/usr/bin/systemctl.real"
cat >"$root/usr/bin/systemctl" <<'S'
#!/bin/sh
case "$*" in
  *is-active*) [ -e /run/active ] ;;
  *daemon-reload*) ;;
  *) exec /usr/bin/systemctl.real "$@" ;;
esac
S
chmod 755 "$root/usr/bin/systemctl"

step "install without a configuration: enabled, not started, and it says what to do"
package -i /tmp/first.deb
said "NOT started"
said "[server] url"
said "ffl-agent check"
asked ""
there $enabled
package -i /tmp/first.deb
asked ""
mv "$ini" "$work/kept.ini"
package -i /tmp/first.deb
said "install -m 640 -g ffl-agent /usr/share/ffl-agent/agent.ini /etc/ffl-agent/"
mv "$work/kept.ini" "$ini"

step "configure, and leave a delivery in the queue"
cat >"$root/etc/ffl-agent/webhooks.json" <<'J'
[{"name": "door", "target": "http://127.0.0.1:9/open", "filters": {"type_in": "face"}}]
J
sed -i '/^\[webhooks\]/,/^file =/ s/^file =.*/file = webhooks.json/' "$ini"
inside runuser -u ffl-agent -- ffl-agent check >"$work/said" || die "check says no"
# In journald's place: each entry goes to a file, with a zero byte behind it.
mkdir -p "$root/run/systemd/journal"
python3 - "$root/run/systemd/journal/socket" "$work/entries" <<'P' &
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "ab", buffering=0) as entries:
    while True:
        entries.write(listener.recv(1 << 20) + b"\0")
P
journal=$!
until_there "$root/run/systemd/journal/socket"
: >"$work/said"
stream=$(stat -c %d:%i "$work/said")
inside runuser -u ffl-agent -- env JOURNAL_STREAM="$stream" ffl-agent run 2>>"$work/said" &
agent=$!
until_there "$root/run/ffl-agent/agent.sock"
is 660 ffl-agent:ffl-agent /run/ffl-agent/agent.sock
echo '{"id": "1", "type": "face", "camera": 1}' | inside ffl-agent send - >/dev/null || die "send failed"
inside pkill -TERM -x ffl-agent # there are no processes here but this test's
wait $agent || die "the agent did not end well"
[ "$(owed)" = 1 ] || die "the queue holds $(owed) deliveries, wanted 1"
until grep -qzF 'WEBHOOK=local:door' "$work/entries"; do
  [ "$((waited += 1))" -le 100 ] || die "the journal got no field WEBHOOK: $(tr '\0' '\n' <"$work/entries")"
  sleep 0.1
done
entry=$(grep -zF 'WEBHOOK=local:door' "$work/entries" | tr '\0' '\n')
for field in PRIORITY=4 SYSLOG_IDENTIFIER=ffl-agent FFL_NAME=door; do
  grep -qx "$field" <<<"$entry" || die "the journal got no $field: $entry"
done
said "<6>info starting"
! grep -q 'local:door' "$work/said" || die "what the journal got is on stderr, too"
kill "$journal"
rm "$root/run/systemd/journal/socket"

step "upgrade: configuration, modes and queue stay, the service is restarted"
chmod 600 "$root/etc/ffl-agent/password"
inside chown root:root /etc/ffl-agent/password
package -i /tmp/later.deb
asked "restart ffl-agent.service"
grep -q '^file = webhooks.json' "$ini" || die "agent.ini was replaced"
no_litter
is 640 root:ffl-agent /etc/ffl-agent/agent.ini
is 600 root:root /etc/ffl-agent/password
[ "$(owed)" = 1 ] || die "the queue was lost"

step "upgrade with a configuration that is not good: what runs goes on"
touch "$root/run/active"
echo 'nonsense = 1' >>"$ini"
package -i /tmp/later.deb
said "NOT restarted"
said "nonsense"
asked ""
sed -i '/^nonsense/d' "$ini"

step "downgrade: the same; a database of a newer version is refused and left as it is"
package -i /tmp/first.deb
asked "restart ffl-agent.service"
[ "$(owed)" = 1 ] || die "the queue was lost"
if command -v sqlite3 >/dev/null; then
  cp "$root/var/lib/ffl-agent/agent.db" "$work/kept.db"
  sqlite3 "$root/var/lib/ffl-agent/agent.db" 'PRAGMA user_version = 999'
  code=0
  inside timeout 20 runuser -u ffl-agent -- ffl-agent run 2>"$work/said" || code=$?
  [ "$code" = 78 ] || die "exit $code for a newer database, wanted 78"
  [ "$(sqlite3 "$root/var/lib/ffl-agent/agent.db" 'PRAGMA user_version')" = 999 ] || die "the newer database was touched"
  cat "$work/kept.db" >"$root/var/lib/ffl-agent/agent.db"
fi

step "somebody disabled it: that outlives an upgrade"
inside systemctl.real --root=/ --quiet disable ffl-agent.service
gone $enabled
package -i /tmp/later.deb
gone $enabled
inside systemctl.real --root=/ --quiet enable ffl-agent.service
rm -f "$root/run/asked"

step "remove: stopped, configuration and queue stay; installed again, it goes on with them"
package --remove ffl-agent
asked "stop ffl-agent.service"
gone /usr/bin/ffl-agent
gone /run/ffl-agent
there /etc/ffl-agent/agent.ini
there /var/lib/ffl-agent/agent.db
package -i /tmp/later.deb
asked "restart ffl-agent.service"
[ "$(owed)" = 1 ] || die "the queue was lost"

step "purge: nothing is left but the user"
package --purge ffl-agent
asked "stop ffl-agent.service"
for path in /etc/ffl-agent /var/lib/ffl-agent /run/ffl-agent $enabled /lib/systemd/system/ffl-agent.service \
  /var/lib/systemd/deb-systemd-helper-enabled/ffl-agent.service.dsh-also /usr/share/doc/ffl-agent; do
  gone "$path"
done
inside getent passwd ffl-agent >/dev/null || die "the user is gone"

step "purge where the queue has a disk of its own: the disk is emptied"
package -i /tmp/first.deb
mount -t tmpfs none "$root/var/lib/ffl-agent"
touch "$root/var/lib/ffl-agent/agent.db"
package --purge ffl-agent
gone /var/lib/ffl-agent/agent.db
umount "$root/var/lib/ffl-agent"
[ -z "$(inside dpkg-query -W -f '${db:Status-Status}' ffl-agent 2>/dev/null | grep -v not-installed)" ] || die "dpkg still knows it"
echo "package_test.sh: $(basename "$deb") passes"
