"""Machine: the emulated board. Boots a disk image, runs commands in its root shell, and takes its power away."""
import json
import os
import re
import socket
import subprocess
import time

from common import WITH_US, HarnessError, ShellTimeout, until

SHELL_PORT = 2323  # guest: shell.socket of the image
AGENT_PORT = 8093  # guest: the agent's ingest.listen


class Machine:
    """One disk that is booted again and again. The forwarded ports change from boot to boot: the system picks free ones."""

    def __init__(self, image, disk, folder):
        self.image, self.disk, self.folder = image, disk, folder
        self.process = None
        self.ports = {}
        self.boots = 0

    def boot(self, limit=180):
        """Starts the emulator and waits for the shell; returns the seconds that took."""
        began = time.monotonic()
        self.boots += 1
        monitor = os.path.join(self.folder, "monitor")
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:0-:{port}" for port in (SHELL_PORT, AGENT_PORT))
        # cache=none: what the guest did not write to its disk is gone when the emulator is killed, as with the plug; nothing of the
        # guest's lies in the host's page cache. (A disk that forgets what it holds in a cache of its own is not emulated.)
        command = [
            *WITH_US, "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "768", "-accel", "tcg",
            "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", f"{self.image}/vmlinuz", "-initrd", f"{self.image}/initrd.img",
            "-append", "root=/dev/vda rw console=ttyAMA0 systemd.show_status=0 loglevel=4 panic=-1",
            "-drive", f"file={self.disk},if=none,id=disk,format=raw,cache=none,aio=threads", "-device", "virtio-blk-pci,drive=disk",
            "-netdev", f"user,id=net{forwards}", "-device", "virtio-net-pci,netdev=net,romfile=",
            "-device", "virtio-rng-pci", "-serial", f"file:{self.folder}/console-{self.boots}.log",
            "-qmp", f"unix:{monitor},server=on,wait=off",
        ]
        with open(os.path.join(self.folder, "emulator.log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.ports = until(lambda: self._read_ports(monitor), 20, "the emulator's forwarded ports", every=0.1)
        until(lambda: self.answers(), limit, "the board's shell", every=0.5)
        return time.monotonic() - began

    def _alive(self):
        if self.process.poll() is not None:
            raise HarnessError(f"the emulator ended by itself ({self.process.returncode}), see {self.folder}/emulator.log")

    def _read_ports(self, monitor):
        self._alive()
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(monitor)
                stream = connection.makefile("rw", encoding="utf-8")
                stream.readline()  # greeting
                for request in ({"execute": "qmp_capabilities"},
                                {"execute": "human-monitor-command", "arguments": {"command-line": "info usernet"}}):
                    stream.write(json.dumps(request) + "\n")
                    stream.flush()
                    answer = json.loads(stream.readline())
        except OSError:
            return None
        found = re.findall(r"HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+(\d+)", answer["return"])
        return {int(guest): int(host) for host, guest in found} or None

    def answers(self):
        """Whether the board's shell works: then it is not the board's fault that something else on it does not."""
        self._alive()
        try:
            return self.shell("echo here", limit=5)[1] == "here\n"
        except HarnessError:
            return False

    @property
    def agent_port(self):
        return self.ports[AGENT_PORT]

    def shell(self, script, limit=60):
        """Runs a script on the board; returns its exit status and what it printed (both streams)."""
        # The marker and not the end of the connection says that the script is done: something started by it may hold the socket.
        text = f"{{ {script}\n}} </dev/null 2>&1; echo \"@done $?\"; exit\n"
        return self._talk(text.encode(), b"", limit)

    def put(self, path, content, mode="644"):
        """Writes a file on the board; without a mode an old file keeps its own."""
        # The shell reads its script from the connection byte by byte, so what follows the first line is left for head.
        change = f" && chmod {mode} '{path}'" if mode else ""
        line = f"head -c {len(content)} >'{path}'{change}; echo \"@done $?\"; exit\n"
        status, output = self._talk(line.encode(), content, 60)
        if status != 0:
            raise HarnessError(f"could not write {path} on the board: {output}")

    def _talk(self, script, more, limit):
        output = b""
        try:
            with socket.create_connection(("127.0.0.1", self.ports[SHELL_PORT]), timeout=limit) as connection:
                end = time.monotonic() + limit
                connection.sendall(script + more)
                while not (found := re.search(rb"@done (\d+)\n$", output)):
                    connection.settimeout(max(0.1, end - time.monotonic()))
                    chunk = connection.recv(65536)
                    if not chunk:
                        raise HarnessError(f"the board's shell went away in: {script.decode()}{output.decode(errors='replace')}")
                    output += chunk
        except TimeoutError as error:
            raise ShellTimeout(f"no end after {limit} s: {script.decode()}{output.decode(errors='replace')}") from error
        except OSError as error:
            raise HarnessError(f"the board's shell: {error!r} in: {script.decode()}{output.decode(errors='replace')}") from error
        return int(found.group(1)), output[:found.start()].decode(errors="replace")

    def stop(self):
        """Takes the power away: SIGKILL of the emulator."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
