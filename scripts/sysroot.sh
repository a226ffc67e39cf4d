#!/usr/bin/env bash
# Makes the folder that a cross build uses as its target's root: the headers and libraries of a Debian
# release for another architecture. Packages are unpacked; nothing is installed, no foreign code runs,
# and no root is needed.
#   scripts/sysroot.sh KIND ARCH [DIR]
#     KIND  cross      all of Debian 12: for Debian and Raspberry Pi OS 12, JetPack 6, and later
#           portable   the C and C++ runtime of Debian 11 (glibc 2.31), everything else of Debian 12:
#                      for Debian 11, JetPack 5, and later
#     ARCH  arm64 | armhf | amd64
#     DIR   default: build/sysroot/KIND-ARCH; made again when the scripts that make it have changed
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/.."
kind=${1:?KIND: cross or portable}
arch=${2:?ARCH: arm64, armhf or amd64}
dir=$(realpath -m "${3:-build/sysroot/$kind-$arch}")

case $arch in
  arm64 | armhf | amd64) ;;
  *) echo "sysroot.sh: ARCH = $arch: expected one of: arm64, armhf, amd64" >&2; exit 64 ;;
esac

# What the program needs from its target. The header-only libraries are the same on every architecture
# but are here too, so that no header of the building machine is ever used.
libraries=(libssl-dev libsqlite3-dev libsqlitecpp-dev libboost1.81-dev nlohmann-json3-dev libcli11-dev libexpected-dev libspdlog-dev libfmt-dev)
shared=(libssl3 libsqlite3-0 zlib1g)
runtime=(libc6 libc6-dev linux-libc-dev libgcc-s1 libstdc++6 libcrypt1 libcrypt-dev)
case $kind in
  cross) plan=("bookworm ${runtime[*]} ${shared[*]} ${libraries[*]}") ;;
  portable) plan=("bullseye ${runtime[*]} libgcc-10-dev libstdc++-10-dev" "bookworm ${libraries[*]}") ;;
  *) echo "sysroot.sh: KIND = $kind: expected one of: cross, portable" >&2; exit 64 ;;
esac

stamp=$dir/.made-by
sum=$(cat "$self" scripts/download.sh | sha256sum | cut -d' ' -f1)
[ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && exit 0
if [ -n "$(ls -A "$dir" 2>/dev/null)" ] && [ ! -e "$dir/.packages" ]; then
  echo "sysroot.sh: $dir is not empty and was not made by this script; choose another folder" >&2
  exit 64
fi
rm -rf "$dir"
mkdir -p "$dir"
: >"$dir/.packages"

debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT
for step in "${plan[@]}"; do
  read -r suite packages <<<"$step"
  # shellcheck disable=SC2086  # a list of names
  scripts/download.sh "$suite" "$arch" "$debs/$suite" $packages
  for deb in "$debs/$suite"/*.deb; do
    dpkg-deb -x "$deb" "$dir"
    dpkg-deb -W "$deb" >>"$dir/.packages"
  done
done

# One merged /usr and relative links only, so that the folder works wherever it is.
for top in lib lib64; do
  if [ -d "$dir/$top" ] && [ ! -L "$dir/$top" ]; then
    mkdir -p "$dir/usr/$top"
    cp -a "$dir/$top/." "$dir/usr/$top/"
    rm -rf "${dir:?}/$top"
    ln -s "usr/$top" "$dir/$top"
  fi
done
find "$dir" -type l -lname '/*' | while read -r link; do
  ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$dir$(readlink "$link")")" "$link"
done
rm -rf "$dir"/usr/share/{doc,man,locale,lintian,bug,i18n} "$dir"/usr/lib/*/gconv "$dir"/{usr/bin,usr/sbin,sbin,etc,var}
if [ "$kind" = portable ]; then
  # OpenSSL and SQLite are linked statically: the targets of their development links do not exist.
  rm -f "$dir"/usr/lib/*/lib{ssl,crypto,sqlite3}.so
fi
echo "$sum" >"$stamp"
echo "sysroot: $dir ($(du -sh "$dir" | cut -f1), $(wc -l <"$dir/.packages") packages)"
