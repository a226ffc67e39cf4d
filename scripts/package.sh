#!/usr/bin/env bash
# Builds the packages for devices into build/packages and checks each. They are portable builds: one
# package per architecture, for Debian 11 to 13, Raspberry Pi OS 11 to 13 and JetPack 5 to 7.
#   scripts/package.sh [amd64|arm64|armhf]...     default: all three
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
out=$PWD/build/packages
[ $# -gt 0 ] || set -- amd64 arm64 armhf
for arch in "$@"; do
  case $arch in
    amd64 | arm64 | armhf) ;;
    *)
      echo "usage: scripts/package.sh [amd64|arm64|armhf]..." >&2
      exit 64
      ;;
  esac
done
scripts/setup.sh package

# The same source makes the same package, byte for byte.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date -r CHANGELOG.md +%s)}
export SOURCE_DATE_EPOCH

mkdir -p "$out"
for arch in "$@"; do
  echo "== $arch"
  scripts/sysroot.sh portable "$arch"
  log=$out/configure-$arch.log
  cmake --preset "portable-$arch" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm -f "$log"
  cmake --build --preset "portable-$arch" --target ffl-agent -- -j "$jobs"
  made=$(sed -nE 's/^set\(CPACK_DEBIAN_FILE_NAME "(.*)"\)/\1/p' "build/portable-$arch/CPackConfig.cmake")
  rm -f "$out/$made"
  (cd "build/portable-$arch" && cpack -G DEB -B "$out" >/dev/null)
  rm -rf "$out/_CPack_Packages"
  test/check_package.sh "$out/$made"
  lintian --fail-on error,warning "$out/$made"
  if [ "$arch" = "$(dpkg --print-architecture)" ]; then
    test/package_test.sh "$out/$made"
  fi
done
(cd "$out" && sha256sum ./*.deb >SHA256SUMS && cat SHA256SUMS)
