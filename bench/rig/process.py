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
from rig.proc import TICK, below, processes

LOOK = 0.0005  # seconds: how often is looked whether a server listens; a start is measured no finer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(command, cpus):
    """The command on some CPUs; it ends with us, however we end."""
    return ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(cpus), *map(str, command)]


@contextlib.contextmanager
def on_cpu(cpu):
    """This program, its threads to come and what it starts on one CPU, for a measurement by its own clock."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A context manager. `{port}` in a word of the command is its port; `host` is what requests name."""

    def __init__(self, command, host="localhost", cpus=None, cwd=None, port=None, env=None, patience=300):
        self.port = port or free_port()
        self.host = host
        self.command = pinned([str(word).replace("{port}", str(self.port)) for word in command], two_cpus()[0] if cpus is None else cpus)
        self.cwd, self.patience = cwd, patience
        self.env = {**os.environ, **(env or {})}
        self.log = tempfile.TemporaryFile()

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        cwd=self.cwd, env=self.env)
        try:
            self.wait_until_it_listens()
        except BaseException:
            self.stop()
            raise
        return self

    def wait_until_it_listens(self):
        end = time.monotonic() + self.patience
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(LOOK)
        raise Missing(f"{Path(self.command[6]).name} did not start:\n{self.said()}")

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """May be called again."""
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
        """The process and all below it: nginx works in a child. Missing: it has ended."""
        if self.process.poll() is not None:
            raise Missing(f"the server ended with status {self.process.returncode}:\n{self.said()}")
        return below(self.pid, processes())

    def cpu(self):
        """Seconds of CPU so far, with those of children that have ended: (in user space, in the kernel)."""
        table = processes()
        found = [table[pid] for pid in self.pids() if pid in table]
        return sum(one.user for one in found) / TICK, sum(one.system for one in found) / TICK

    def cpu_ns(self):
        """Nanoseconds of CPU of the threads that there are: finer than ticks, for little work."""
        threads = (task for pid in self.pids() for task in Path(f"/proc/{pid}/task").iterdir())
        total = 0
        for thread in threads:
            with contextlib.suppress(OSError):  # it ends just now
                total += int((thread / "schedstat").read_text().split()[0])
        return total

    def kib(self, file, *kinds):
        """The sums of some lines of a file of each of its processes in /proc."""
        total = dict.fromkeys(kinds, 0)
        for pid in self.pids():
            try:
                text = Path(f"/proc/{pid}/{file}").read_text()
            except OSError:
                continue  # a child that has just ended; with the server itself pids() ends
            for kind in kinds:
                if line := re.search(rf"^{kind}:\s+(\d+) kB", text, re.M):
                    total[kind] += int(line[1])
        return total.values()

    def memory(self):
        """Bytes that are resident (a shared page counts in each mapping), and the proportional ones."""
        rss, pss = self.kib("smaps_rollup", "Rss", "Pss")
        return rss << 10, pss << 10

    def forget_peak(self):
        """From now on peak() is what is resident at most from now on."""
        for pid in self.pids():
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak(self):
        """Bytes that were resident at most; of several processes the sum of what each had."""
        return next(iter(self.kib("status", "VmHWM"))) << 10
