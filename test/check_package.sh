#!/usr/bin/env bash
# What is in a package, without installing it: files, modes and owners, control fields, and whether the program can run where Depends says that
# it can: its machine, its shared libraries, and the versions of their symbols. For any architecture; no foreign code runs.
#   test/check_package.sh FILE.deb...
set -euo pipefail

faults=0
fault() { echo "$deb: $*" >&2; faults=1; }
want() { # want WHAT GOT WANTED
  [ "$2" = "$3" ] || fault "$1: found '$2', wanted '$3'"
}
newer() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]; }

# least PACKAGE: the version that Depends wants of it, 0 for any, nothing where it does not stand there.
least() {
  local name=${1//+/\\+}
  tr ',' '\n' <<<"$depends" | sed -nE "s/^ *$name( *\(>= *([^)]*)\))? *$/\2/p" | sed 's/^$/0/'
}

# The newest symbol version of a kind that the program wants of any library.
newest() { readelf -WV "$program" | grep -oE "Name: $1_[0-9.]+" | sed "s/.*_//" | sort -V | tail -n 1; }

# libstdc++ counts its symbols on its own: which gcc brought which (its manual, "ABI Policy and Guidelines").
gcc_of() {
  case $1 in
    3.4.28 | 3.4.2[0-7] | 3.4.1[0-9] | 3.4.[0-9] | 3.4) echo 10 ;;
    3.4.29) echo 11 ;;
    3.4.30) echo 12 ;;
    3.4.31 | 3.4.32) echo 13 ;;
    *) echo 99 ;;
  esac
}

check_libraries() {
  local library package runtime=
  for library in $(readelf -Wd "$program" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p'); do
    case $library in
      libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | librt.so.1 | libresolv.so.2 | ld-linux*) package=libc6 ;;
      libstdc++.so.6) package=libstdc++6 runtime=yes ;;
      libgcc_s.so.1) package=libgcc-s1 ;;
      libssl.so.3 | libcrypto.so.3) package=libssl3 ;;
      libsqlite3.so.0) package=libsqlite3-0 ;;
      *) fault "needs $library, which belongs to no package that we know"; continue ;;
    esac
    [ -n "$(least "$package")" ] || fault "needs $library, but Depends does not name $package"
  done
  local glibc gcc
  glibc=$(newest GLIBC)
  if [ -z "$glibc" ] || newer "$glibc" "$(least libc6)"; then
    fault "needs glibc $glibc, Depends allows $(least libc6)"
  fi
  if [ -n "$runtime" ]; then
    gcc=$(gcc_of "$(newest GLIBCXX)")
    ! newer "$gcc" "$(least libstdc++6)" || fault "needs libstdc++ of gcc $gcc, Depends allows $(least libstdc++6)"
  fi
  if readelf -Wd "$program" | grep -E '\((RPATH|RUNPATH)\)' >/dev/null; then
    fault "has a library path of the building machine"
  fi
  echo "  glibc $glibc of $(least libc6)${gcc:+, libstdc++ of gcc $gcc}: $(readelf -Wd "$program" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | xargs)"
}

check_program() {
  local machine
  case $arch in
    amd64) machine='Advanced Micro Devices X86-64' ;;
    arm64) machine=AArch64 ;;
    armhf) machine=ARM ;;
    *) fault "unknown architecture $arch"; return ;;
  esac
  want "the program's machine" "$(readelf -Wh "$program" | sed -nE 's/^ *Machine: *//p')" "$machine"
  if [ "$arch" = armhf ]; then
    readelf -WA "$program" | grep 'Tag_ABI_VFP_args: VFP registers' >/dev/null || fault "the program is not hard-float"
  fi
  readelf -Wh "$program" | grep -E 'Type: *DYN' >/dev/null || fault "the program always lies at the same address (no PIE)"
  readelf -WS "$program" | grep '\.symtab' >/dev/null && fault "the program is not stripped"
  check_libraries
}

# Path, type with mode, owner: everything that is a file. A folder of ours must be open to all until postinst closes it.
wanted_files() {
  cat <<FILES
-rw-r--r-- root/root ./lib/systemd/system/ffl-agent.service
-rwxr-xr-x root/root ./usr/bin/ffl-agent
-rw-r--r-- root/root ./usr/lib/sysusers.d/ffl-agent.conf
-rw-r--r-- root/root ./usr/lib/tmpfiles.d/ffl-agent.conf
-rw-r--r-- root/root ./usr/share/bash-completion/completions/ffl-agent
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/README.md.gz
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/alerts.yml
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/changelog.gz
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/copyright
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/README.md
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/ansible/README.md
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/ansible/playbook.yml
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/ansible/roles/ffl_agent/defaults/main.yml
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/ansible/roles/ffl_agent/handlers/main.yml
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/ansible/roles/ffl_agent/tasks/main.yml
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/ansible/roles/ffl_agent/templates/agent.ini.j2
-rwxr-xr-x root/root ./usr/share/doc/ffl-agent/examples/deepstream.py
-rwxr-xr-x root/root ./usr/share/doc/ffl-agent/examples/door.py
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/listen.conf
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/examples/producer.cpp
-rwxr-xr-x root/root ./usr/share/doc/ffl-agent/examples/producer.py
-rwxr-xr-x root/root ./usr/share/doc/ffl-agent/examples/producer.sh
-rwxr-xr-x root/root ./usr/share/doc/ffl-agent/examples/receiver.mjs
-rwxr-xr-x root/root ./usr/share/doc/ffl-agent/examples/receiver.py
-rwxr-xr-x root/root ./usr/share/doc/ffl-agent/examples/receiver.sh
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/grafana.json
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/json-output.md.gz
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/openapi.yaml
-rw-r--r-- root/root ./usr/share/doc/ffl-agent/runbook.md
-rw-r--r-- root/root ./usr/share/ffl-agent/agent.ini
-rw-r--r-- root/root ./usr/share/man/man5/ffl-agent.ini.5.gz
-rw-r--r-- root/root ./usr/share/man/man8/ffl-agent.8.gz
-rw-r--r-- root/root ./usr/share/zsh/vendor-completions/_ffl-agent
FILES
}

check() {
  deb=$1
  local tree=$work/tree
  rm -rf "$tree"
  dpkg-deb -R "$deb" "$tree"
  program=$tree/usr/bin/ffl-agent
  arch=$(dpkg-deb -f "$deb" Architecture)
  depends=$(dpkg-deb -f "$deb" Depends)
  portable=
  [ -n "$(least libssl3)" ] || portable=yes
  echo "$(basename "$deb")${portable:+, portable}"
  want "the name" "$(basename "$deb")" "ffl-agent_$(dpkg-deb -f "$deb" Version)_$arch.deb"
  want "the members, of which Debian 11 reads no zst," "$(ar t "$deb" | sed 's/^\(control\.tar\)\.[gx]z$/\1/' | xargs)" "debian-binary control.tar data.tar.xz"
  want "the files" "$(dpkg-deb -c "$deb" | awk '$1 !~ /^d/ { print $1, $2, $6 }' | sort)" "$(wanted_files | sort)"
  want "folders that are not 0755 root" "$(dpkg-deb -c "$deb" | grep '^d' | grep -v '^drwxr-xr-x root/root')" ""
  # No conffiles: one that was edited would end an unattended upgrade.
  want "the control files" "$(cd "$tree/DEBIAN" && echo *)" "control md5sums postinst postrm prerm"
  [ -d "$tree/etc/ffl-agent" ] || fault "has no folder /etc/ffl-agent"
  for script in postinst prerm postrm; do
    sh -n "$tree/DEBIAN/$script" || fault "$script does not parse"
  done
  (cd "$tree" && md5sum --quiet -c DEBIAN/md5sums) || fault "md5sums do not fit"
  for package in systemd init-system-helpers procps; do
    [ -n "$(least "$package")" ] || fault "Depends does not name $package, which postinst or the unit needs"
  done
  check_program
}

[ $# -gt 0 ] || { echo "usage: test/check_package.sh FILE.deb..." >&2; exit 64; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$@"; do
  check "$file"
done
exit $faults
