"""Server: a server under test, pinned to a CPU, on a port of its own; its CPU time and memory."""

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from rig.machine import Missing, two_cpus

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(command, cpus):
    """The command on some CPUs; it ends with us, however we end."""
    return ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(cpus), *map(str, command)]


class Server:
    """A context manager. `{port}` in a word of the command is its port; `host` is what requests name."""

    def __init__(self, command, host="localhost", cpus=None, cwd=None, port=None, env=None, patience=300):
        self.port = port or free_port()
        self.host = host
        self.command = pinned([str(word).replace("{port}", str(self.port)) for word in command], cpus or two_cpus()[0])
        self.cwd, self.patience = cwd, patience
        self.env = {**os.environ, **(env or {})}
        self.log = tempfile.TemporaryFile()

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        cwd=self.cwd, env=self.env)
        try:
            self.wait_until_it_listens()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_it_listens(self):
        end = time.monotonic() + self.patience
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.005)
        raise Missing(f"{Path(self.command[6]).name} did not start:\n{self.said()}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def said(self):
        """The end of what it printed."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-2000:]

    @property
    def pid(self):
        return self.process.pid

    def pids(self):
        """The process and all below it: nginx works in a child."""
        found = [self.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def cpu(self):
        """Seconds of CPU so far: (in user space, in the kernel)."""
        user = system = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                user, system = user + int(fields[11]), system + int(fields[12])
        return user / TICK, system / TICK

    def memory(self):
        """Bytes that are resident (a shared page counts in each mapping), and the proportional ones."""
        total = {"Rss": 0, "Pss": 0}
        for pid in self.pids():
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                raise Missing(f"a process of the server is gone:\n{self.said()}") from None
            for kind in total:
                total[kind] += int(re.search(rf"^{kind}:\s+(\d+) kB", text, re.M)[1]) << 10
        return total["Rss"], total["Pss"]
