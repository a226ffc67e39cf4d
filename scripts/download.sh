#!/usr/bin/env bash
# Downloads Debian packages of another suite or architecture from the mirror that this machine's apt
# uses, without touching that apt: nothing is installed, and no root is needed.
#   scripts/download.sh SUITE ARCH DIR [--depends] PACKAGE...
#     SUITE      bullseye, bookworm, trixie
#     ARCH       arm64 | armhf | amd64
#     DIR        where to put the .deb files
#     --depends  download their dependencies too (but not what they recommend)
set -euo pipefail
suite=${1:?SUITE} arch=${2:?ARCH} dir=$(realpath -m "${3:?DIR}")
shift 3
depends=
if [ "${1-}" = --depends ]; then
  depends=yes
  shift
fi

mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/\?$') || { echo "download.sh: this machine's apt has no Debian mirror" >&2; exit 1; }
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$dir" "$apt"/etc/apt/{apt.conf.d,preferences.d,trusted.gpg.d} "$apt"/var/lib/apt/lists/partial "$apt"/var/cache/apt/archives/partial \
  "$apt"/var/lib/dpkg
: >"$apt/var/lib/dpkg/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/etc/apt/sources.list"
cat >"$apt/apt.conf" <<C
Dir "$apt";
Dir::State::status "$apt/var/lib/dpkg/status";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
C
export APT_CONFIG=$apt/apt.conf
apt-get -qq update
if [ -n "$depends" ]; then
  apt-get -qq -y --download-only install "$@" >/dev/null
  mv "$apt"/var/cache/apt/archives/*.deb "$dir"
else
  (cd "$dir" && apt-get -qq download "$@")
fi
