#!/usr/bin/env bash
# Makes the board that scripts/board.sh boots: kernel, initial RAM disk and a disk with Debian 12 for
# arm64 under its own systemd. Packages are unpacked and entered into dpkg's database as installed;
# none of their scripts runs, so this takes seconds where an installation inside the emulator takes
# many minutes. This script does what is needed of their work. It needs no root.
#   scripts/board-image.sh [DIR]   default: build/board; made again when its sources have changed
# Makes in DIR: vmlinuz, initrd.img, disk.img (sparse, 1 GiB)
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/.."
dir=$(realpath -m "${1:-build/board}")
parts=test/board

for tool in dpkg-deb depmod modprobe cpio mkfs.ext4 systemctl systemd-sysusers; do
  PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || { echo "board-image.sh: $tool is missing" >&2; exit 69; }
done
export PATH=$PATH:/usr/sbin:/sbin

stamp=$dir/.made-by
sum=$({ cat "$self" scripts/download.sh "$parts/init"; find "$parts/root" -type f -print0 | sort -z | xargs -0 cat; } | sha256sum | cut -d' ' -f1)
[ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && exit 0
# Root's files must belong to root in the image; in a user namespace this user is root.
if [ "$(id -u)" -ne 0 ] && [ -z "${BOARD_IMAGE_NAMESPACE-}" ]; then
  BOARD_IMAGE_NAMESPACE=1 exec unshare --user --map-root-user "$self" "$@"
fi

packages=(
  base-files base-passwd bash coreutils dash diffutils findutils grep libc-bin mount procps sed tar util-linux  # a Debian
  systemd-sysv udev kmod iproute2 linux-image-cloud-arm64 busybox-static                                       # that boots
  dpkg init-system-helpers perl-base                                        # and takes packages; scripts of packages use the latter two
  libssl3 libsqlite3-0 libstdc++6 ca-certificates openssl                   # what the agent's packages may depend on
)
mkdir -p "$dir"
rm -f "$stamp"
work=$(mktemp -d "$dir/making.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
scripts/download.sh bookworm arm64 "$work/debs" --depends "${packages[@]}"

# Unpack. /usr is merged: a package that still contains /bin must follow the link.
mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers}
for top in bin sbin lib; do
  mkdir -p "$root/usr/$top"
  ln -s "usr/$top" "$root/$top"
done
for file in status available; do : >"$root/var/lib/dpkg/$file"; done
echo arm64 >"$root/var/lib/dpkg/arch"
for deb in "$work"/debs/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" >"$work/files.tar"
  tar -C "$root" -xf "$work/files.tar" --keep-directory-symlink --no-same-owner --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
    --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
  dpkg-deb -f "$deb" >"$work/control"
  name=$(sed -n 's/^Package: //p' "$work/control")
  # For a package that can be installed for two architectures, dpkg's file names have the architecture.
  grep -qx 'Multi-Arch: same' "$work/control" && name=$name:arm64
  { sed '/^Package:/a Status: install ok installed' "$work/control"; echo; } >>"$root/var/lib/dpkg/status"
  tar -tf "$work/files.tar" | sed 's#^\.##; s#/$##; s#^$#/.#' >"$root/var/lib/dpkg/info/$name.list"
done

# The work of the packages' scripts.
mkdir -p "$root"/{dev,home,mnt,proc,root,run,sys,tmp} "$root/var/log/journal"
chmod 1777 "$root/tmp" "$root/var/tmp"
ln -sfn dash "$root/usr/bin/sh"
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
(umask 077 && cut -d: -f1 "$root/etc/passwd" | sed 's/$/:*:19000:0:99999:7:::/' >"$root/etc/shadow")
cp "$root/usr/share/libc-bin/nsswitch.conf" "$root/etc/nsswitch.conf"
cp "$root/usr/share/base-files/profile" "$root/etc/profile"
echo board >"$root/etc/hostname"
echo "127.0.0.1 localhost board" >"$root/etc/hosts"
echo "/dev/vda / ext4 defaults,noatime 0 1" >"$root/etc/fstab"
head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/etc/machine-id"
echo >>"$root/etc/machine-id"
cp -r "$parts/root/." "$root/"
quietly() { "$@" 2>"$work/said" || { cat "$work/said" >&2; return 1; }; }
quietly systemd-sysusers --root="$root"
quietly systemctl --root="$root" --quiet preset-all
quietly systemctl --root="$root" --quiet set-default multi-user.target
quietly systemctl --root="$root" --quiet enable shell.socket systemd-networkd.service
# Nobody logs in here, no time server can be reached, and the emulator is slow: services that do not
# matter to the agent are left out.
quietly systemctl --root="$root" --quiet mask getty.target getty-static.service serial-getty@ttyAMA0.service systemd-logind.service systemd-timesyncd.service \
  systemd-networkd-wait-online.service dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service systemd-pstore.service \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-user-sessions.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service \
  modprobe@loop.service

# The initial RAM disk contains the modules for the disk and its file system, in loading order.
kernel=$(ls "$root/usr/lib/modules")
depmod -b "$root" "$kernel"
initrd=$work/initrd
mkdir -p "$initrd"/{bin,dev,modules,root}
cp "$root/usr/bin/busybox" "$initrd/bin/"
cp "$parts/init" "$initrd/init"
for module in virtio_pci virtio_blk ext4; do
  modprobe -d "$root" -S "$kernel" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' >"$work/modules"
while read -r file; do
  cp "$file" "$initrd/modules/"
  basename "$file"
done <"$work/modules" >"$initrd/modules/order"
(cd "$initrd" && find . | sort | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$work/initrd.img"
mv "$root/boot/vmlinuz-$kernel" "$work/vmlinuz"
rm -rf "${root:?}"/boot/*

truncate -s 1G "$work/disk.img"
mkfs.ext4 -q -F -L board -d "$root" "$work/disk.img"
mv "$work"/{vmlinuz,initrd.img,disk.img} "$dir/"
echo "$sum" >"$stamp"
echo "board-image.sh: $dir (Linux $kernel, $(grep -c '^Package:' "$root/var/lib/dpkg/status") packages, $(du -h "$dir/disk.img" | cut -f1))"
