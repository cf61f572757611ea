"""Other work on the CPUs that are measured: a round that it disturbed is marked, and who it was is said."""

import contextlib
import os
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
# Shares of the time of both CPUs. At these, medians of rounds were seen to move by as much as rounds differ anyway.
OTHERS_MAX = 0.05
STEAL_MAX = 0.025


class Process:
    """A line of /proc/PID/stat."""

    def __init__(self, text):
        head, rest = text.rsplit(")", 1)
        fields = rest.split()
        self.name = head.split("(", 1)[1]
        self.parent = int(fields[1])
        self.ticks = sum(map(int, fields[11:15]))  # its own, and those of children that have ended
        self.cpu = int(fields[36])  # where it ran last


def processes():
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(entry.name)] = Process(Path(entry.path, "stat").read_text())
    return found


def is_ours(pid, table, root):
    while pid in table and pid != root:
        pid = table[pid].parent
    return pid == root


def steal_ticks(cpus):
    lines = {words[0]: words for words in map(str.split, Path("/proc/stat").read_text().splitlines())}
    return sum(int(lines[f"cpu{cpu}"][8]) for cpu in cpus)


class Watch:
    """Between start and stop. We and all below us are not others."""

    def __init__(self, cpus):
        self.cpus = cpus
        self.begin, self.steal, self.before = time.monotonic(), steal_ticks(cpus), processes()

    def stop(self):
        """None, or who disturbed how much, as text."""
        time_of_both = (time.monotonic() - self.begin) * len(self.cpus)
        steal = (steal_ticks(self.cpus) - self.steal) / TICK / time_of_both
        used = used_between(self.before, processes(), set(self.cpus), os.getpid())
        return verdict(steal, {name: ticks / TICK / time_of_both for name, ticks in used.items()})


def used_between(before, after, cpus, us):
    """Ticks by name, of all but us and those below us, that ran on some of the CPUs when they were looked at."""
    used = {}
    ended = {}  # what their parents have been given was used before, in part
    for pid, process in before.items():
        if pid not in after:
            ended[process.parent] = ended.get(process.parent, 0) + process.ticks
    for pid, process in after.items():
        known = before.get(pid)
        where = {process.cpu, known.cpu if known else process.cpu}
        if where & cpus and not is_ours(pid, after, us):
            ticks = process.ticks - (known.ticks if known else 0) - ended.get(pid, 0)
            used[process.name] = used.get(process.name, 0) + max(0, ticks)
    return used


def verdict(steal, shares):
    """What is said of shares of the time: stolen by the hypervisor, and of other processes by name."""
    parts = []
    if steal > STEAL_MAX:
        parts.append(f"{steal:.0%} stolen by the hypervisor")
    if sum(shares.values()) > OTHERS_MAX:
        worst = sorted(shares.items(), key=lambda item: -item[1])[:3]
        parts.append(", ".join(f"{share:.0%} {name}" for name, share in worst if share > 0.01) or "many small ones")
    return "; ".join(parts) or None
