#!/usr/bin/env bash
# Installs whatever a bare Debian 12 lacks to build ffl-agent, run its tests and its demo. Quick and silent when nothing is missing; may be
# run again at any time; removes nothing. Elsewhere it says what is needed and whether it is there.
#   scripts/setup.sh [portable] [cross] [package] [page] [board] [sanitizers] [bits32]
#     portable what a build with the libraries of Debian 11 needs: that release's keys, GoogleTest's source
#     cross    also what scripts/cross.sh needs: compilers for ARM, an emulator for their tests
#     package  also what scripts/package.sh needs: the same compilers, and what checks packages
#     page     also what the tests of the status page need: a browser, and npm, which installs the one module
#              that drives it, and the one that judges signatures
#     board    also what scripts/board.sh needs: a whole emulated board
#     bits32   also what a 64-bit PC needs to read the sources as those of a 32-bit program
#     sanitizers also what the sanitizers and scripts/fuzz.sh need: clang with its fuzzer, and what counts the lines that were reached
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache mold pkg-config         # compiler, build, cache, linker
  libboost1.81-dev libssl-dev libsqlite3-dev libsqlitecpp-dev      # what the agent is made of
  nlohmann-json3-dev libcli11-dev libspdlog-dev libfmt-dev libexpected-dev
  libgtest-dev libbenchmark-dev clang-format clang-tidy cppcheck   # tests, benchmarks, style
  python3-fastapi python3-uvicorn                                  # a server that tests run against
  python3-yaml python3-jsonschema                                  # what compares the description of the API with its answers
  libcurl4-openssl-dev                                             # what an example is made of
  nginx haproxy lighttpd gunicorn nodejs                           # and others, started by the tests alone
  openssl sqlite3 curl jq git python3 patch procps ca-certificates systemd man-db zsh # what tests, demo and scripts call
  ansible-core                                                     # a role that tests run
  dpkg-dev binutils gzip iproute2 util-linux                       # what checks the package
  e2fsprogs mount                                                  # a disk whose power is cut
  prometheus python3-yaml                                          # what the alert rules are tried in
)
portable=(googletest debian-archive-keyring)
compilers=("${portable[@]}" g++-aarch64-linux-gnu g++-arm-linux-gnueabihf file)
for extra in "$@"; do
  case $extra in
    portable) packages+=("${portable[@]}") ;;
    cross) packages+=("${compilers[@]}" qemu-user-static) ;;
    package) packages+=("${compilers[@]}" lintian) ;;
    page)
      packages+=(chromium)
      # A nodejs from elsewhere brings npm with it and refuses Debian's.
      command -v npm >/dev/null || packages+=(npm)
      ;;
    board) packages+=(qemu-system-arm kmod cpio e2fsprogs debian-archive-keyring) ;;
    sanitizers) packages+=(clang-14 libclang-rt-14-dev llvm-14) ;;
    bits32) packages+=(libc6-dev-i386 lib32stdc++-12-dev) ;;
    *) echo "setup.sh: $extra is none of portable, cross, package, page, board, sanitizers, bits32" >&2; exit 64 ;;
  esac
done
# Of these a package starts a service, at once and at every boot. Tests start their own.
services=(nginx haproxy lighttpd prometheus)
# For other systems: the same as commands and headers, which have one name everywhere.
tools=(c++ cmake ninja openssl sqlite3 curl jq git python3 pgrep)
headers=(boost/asio/any_completion_handler.hpp boost/url.hpp openssl/ssl.h sqlite3.h SQLiteCpp/SQLiteCpp.h nlohmann/json.hpp
  CLI/CLI.hpp spdlog/spdlog.h fmt/format.h tl/expected.hpp gtest/gtest.h)

missing_packages() {
  local installed
  # dpkg-query also fails when it does not know one of the names: that one is missing then.
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qxF "installed $package" <<<"$installed" || echo "$package"
  done
}

missing_pieces() {
  for tool in "${tools[@]}"; do
    command -v "$tool" >/dev/null || echo "$tool"
  done
  for header in "${headers[@]}"; do
    c++ -std=c++20 -fsyntax-only -x c++ - <<<"#if !__has_include(<$header>)
#error missing
#endif" 2>/dev/null || echo "<$header>"
  done
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  missing=$(missing_pieces)
  echo "No apt-get here. On Debian 12 this would be:" >&2
  echo "  apt-get install --no-install-recommends ${packages[*]}" >&2
  [ -z "$missing" ] && exit 0
  echo "Missing here, to be installed by this system's own means: ${missing//$'\n'/ }" >&2
  exit 1
fi

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: missing are ${missing[*]}; run this script as root, or install sudo" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "setup.sh: installing ${missing[*]}" >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 || echo "setup.sh: apt-get update failed; trying with what is known" >&2
unknown=()
for package in "${missing[@]}"; do
  apt-cache show "$package" >/dev/null 2>&1 || unknown+=("$package")
done
if [ ${#unknown[@]} -gt 0 ]; then
  echo "setup.sh: this system's releases have no ${unknown[*]}; Debian 12 and Raspberry Pi OS 12 have all that is needed" >&2
  exit 1
fi
# Some of the services above would fight over port 80, and a package whose service fails stays half installed.
new_services=()
for service in "${services[@]}"; do
  [[ " ${missing[*]} " == *" $service "* ]] && new_services+=("$service")
done
policy=/usr/sbin/policy-rc.d # asked by every package before it starts a service
if [ ${#new_services[@]} -gt 0 ] && [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends --no-remove "${missing[@]}" >&2
if [ ${#new_services[@]} -gt 0 ]; then
  "${as_root[@]}" systemctl disable --quiet "${new_services[@]}" 2>/dev/null || true
fi
