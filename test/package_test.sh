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
# What dpkg says is kept for said(); a changed conffile is kept, as an unattended upgrade does it.
package() { inside dpkg --force-confdef --force-confold "$@" >"$work/said" 2>&1 || die "dpkg $* failed"; }
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
owed() { # how many deliveries the queue holds, as the program reads it
  inside runuser -u ffl-agent -- ffl-agent queue list --json | grep -o '"event_id"' | wc -l
}
enabled=/etc/systemd/system/multi-user.target.wants/ffl-agent.service

# The same package with a later version and another agent.ini.
repack() { # repack SUFFIX
  dpkg-deb -R "$deb" "$work/repack/tree"
  sed -i "s/^Version: .*/&$1/" "$work/repack/tree/DEBIAN/control"
  echo "# A line of the version $1." >>"$work/repack/tree/etc/ffl-agent/agent.ini"
  dpkg-deb -Zxz -z0 --root-owner-group -b "$work/repack/tree" "$root/tmp/later.deb" >/dev/null
  rm -rf "$work/repack/tree"
}
cp "$deb" "$root/tmp/first.deb"
repack +later
inside dpkg --purge ffl-agent >/dev/null 2>&1 || true

step "install where systemd does not run"
package -i /tmp/first.deb
is 755 root:root /usr/bin/ffl-agent
is 750 root:ffl-agent /etc/ffl-agent
is 640 root:ffl-agent /etc/ffl-agent/agent.ini
is 640 root:ffl-agent /etc/ffl-agent/password
is 750 ffl-agent:ffl-agent /var/lib/ffl-agent
is 750 ffl-agent:ffl-agent /run/ffl-agent
is 644 root:root /lib/systemd/system/ffl-agent.service
there $enabled
inside dpkg --verify ffl-agent >"$work/said" && [ ! -s "$work/said" ] || die "dpkg --verify"
package --purge ffl-agent
gone /etc/ffl-agent
gone $enabled

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

step "configure, and leave a delivery in the queue"
cat >"$root/etc/ffl-agent/webhooks.json" <<'J'
[{"name": "door", "target": "http://127.0.0.1:9/open", "filters": {"type_in": "face"}}]
J
sed -i '/^\[webhooks\]/,/^file =/ s/^file =.*/file = webhooks.json/' "$root/etc/ffl-agent/agent.ini"
inside runuser -u ffl-agent -- ffl-agent check >"$work/said" || die "check says no"
inside runuser -u ffl-agent -- ffl-agent run 2>"$work/said" &
agent=$!
for _ in $(seq 100); do
  [ ! -S "$root/run/ffl-agent/agent.sock" ] || break
  sleep 0.1
done
is 660 ffl-agent:ffl-agent /run/ffl-agent/agent.sock
echo '{"id": "1", "type": "face", "camera": 1}' | inside ffl-agent send - >/dev/null || die "send failed"
inside pkill -TERM -x ffl-agent # there are no processes here but this test's
wait $agent || die "the agent did not end well"
[ "$(owed)" = 1 ] || die "the queue holds $(owed) deliveries, wanted 1"

step "upgrade: configuration, modes and queue stay, the service is restarted"
chmod 600 "$root/etc/ffl-agent/password"
inside chown root:root /etc/ffl-agent/password
package -i /tmp/later.deb
asked "restart ffl-agent.service"
grep -q '^file = webhooks.json' "$root/etc/ffl-agent/agent.ini" || die "agent.ini was replaced"
there /etc/ffl-agent/agent.ini.dpkg-dist
is 640 root:ffl-agent /etc/ffl-agent/agent.ini
is 600 root:root /etc/ffl-agent/password
[ "$(owed)" = 1 ] || die "the queue was lost"

step "upgrade with a configuration that is not good: what runs goes on"
touch "$root/run/active"
echo 'nonsense = 1' >>"$root/etc/ffl-agent/agent.ini"
package -i /tmp/later.deb
said "NOT restarted"
said "nonsense"
asked ""
sed -i '/^nonsense/d' "$root/etc/ffl-agent/agent.ini"

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
