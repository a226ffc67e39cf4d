"""Where the queue lies: on a disk of its own whose power can be cut, or in a plain folder."""
import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import uuid

# linux/ext4.h. The file system takes no more writes, and what is only in memory is thrown away.
EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
LOGFLUSH, NOLOGFLUSH = 1, 2  # the journal is written first, or not

SIZE = 192 << 20
BOOT_ID = "/proc/sys/kernel/random/boot_id"  # a board whose power was cut has another one
# linux/sched.h, sys/mount.h
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000

libc = ctypes.CDLL(None, use_errno=True)


class Missing(Exception):
    """This machine cannot make a disk whose power can be cut."""


def call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


class Boots:
    """For this process and its children each power cut is followed by another boot."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "boot_id")
        if os.geteuid() != 0:
            raise Missing("needs root")
        try:
            call("unshare", CLONE_NEWNS)
            call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
            self.next()
            call("mount", self.file.encode(), BOOT_ID.encode(), None, MS_BIND, None)
        except OSError as error:
            raise Missing(f"needs mounts of its own: {error}") from error

    def next(self):
        with open(self.file, "w", encoding="ascii") as file:
            file.write(f"{uuid.uuid4()}\n")


class LoopDisk:
    """An ext4 file system in an image on a loop device, mounted for this process and its children
    only."""

    loses_power = True

    def __init__(self, folder):
        self.path = os.path.join(folder, "disk")
        image = os.path.join(folder, "image")
        self.device = self.held = None
        self.boots = Boots(folder)
        os.mkdir(self.path)
        with open(image, "wb") as file:
            file.truncate(SIZE)
        try:
            subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
            self.device = subprocess.run(["losetup", "--find", "--show", image], check=True,
                                         capture_output=True, text=True).stdout.strip()
            # Given back once nobody has it open: also where this process is killed.
            self.held = os.open(self.device, os.O_RDONLY)
            subprocess.run(["losetup", "--detach", self.device], check=True)
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            said = getattr(error, "stderr", None) or str(error)
            raise Missing("needs loop devices with ext4: "
                          + (said.decode() if isinstance(said, bytes) else said).strip()) from error

    def mount(self):
        call("mount", self.device.encode(), self.path.encode(), b"ext4", 0, None)

    def cut(self, dice):
        """From the moment of this call nothing reaches the disk any more."""
        flags = struct.pack("I", dice.choice((LOGFLUSH, NOLOGFLUSH)))
        file = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(file, EXT4_IOC_SHUTDOWN, flags)
        finally:
            os.close(file)

    def power_on(self):
        """The file system as it is found after the cut: its journal is replayed."""
        call("umount2", self.path.encode(), 0)
        self.mount()
        self.boots.next()

    def sync(self):
        file = os.open(self.path, os.O_RDONLY)
        try:
            call("syncfs", file)
        finally:
            os.close(file)

    def close(self):
        if os.path.ismount(self.path):
            call("umount2", self.path.encode(), 0)
        if self.held is not None:
            os.close(self.held)
            self.held = None


class Folder:
    """A plain folder: what a process wrote before SIGKILL is there afterwards."""

    loses_power = False

    def __init__(self, folder):
        self.path = os.path.join(folder, "disk")
        os.mkdir(self.path)

    def cut(self, dice):
        pass

    def power_on(self):
        pass

    def sync(self):
        pass

    def close(self):
        pass


def empty(disk):
    """Removes all files."""
    for entry in os.scandir(disk.path):
        if entry.name == "lost+found":
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.remove(entry.path)
    disk.sync()
