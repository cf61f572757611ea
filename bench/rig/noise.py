"""Other work on the CPUs that are measured: a round that it disturbed is marked, and who it was is said."""

import os
import time
from pathlib import Path

from rig.proc import TICK, processes

# Shares of the time of both CPUs. At these, medians of rounds were seen to move by as much as rounds differ anyway.
OTHERS_MAX = 0.05
STEAL_MAX = 0.025


def is_ours(pid, table, root, strangers=()):
    """Whether it is `root` or below it, and in no process of `strangers` or below one."""
    while pid in table and pid != root and pid not in strangers:
        pid = table[pid].parent
    return pid == root


def steal_ticks(cpus):
    lines = {words[0]: words for words in map(str.split, Path("/proc/stat").read_text().splitlines())}
    return sum(int(lines[f"cpu{cpu}"][8]) for cpu in cpus)


class Watch:
    """Between start and stop. We and all below us are not others, but for `strangers`: servers of the case whose turn it is not."""

    def __init__(self, cpus, strangers=()):
        self.cpus, self.strangers = cpus, strangers
        self.begin, self.steal, self.before = time.monotonic(), steal_ticks(cpus), processes()

    def stop(self):
        """None, or who disturbed how much, as text."""
        time_of_both = (time.monotonic() - self.begin) * len(self.cpus)
        steal = (steal_ticks(self.cpus) - self.steal) / TICK / time_of_both
        used = used_between(self.before, processes(), set(self.cpus), os.getpid(), self.strangers)
        return verdict(steal, {name: ticks / TICK / time_of_both for name, ticks in used.items()})


def used_between(before, after, cpus, us, strangers=()):
    """Ticks by name, of all but us and those below us, that ran on some of the CPUs when they were looked at."""
    used = {}
    ended = {}  # what their parents have been given was used before, in part
    for pid, process in before.items():
        if pid not in after:
            heir = process.parent
            while heir in before and heir not in after:  # it has ended too, and passed all on
                heir = before[heir].parent
            ended[heir] = ended.get(heir, 0) + process.ticks
    for pid, process in after.items():
        known = before.get(pid)
        where = {process.cpu, known.cpu if known else process.cpu}
        if where & cpus and not is_ours(pid, after, us, strangers):
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
