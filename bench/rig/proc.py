"""Processes as /proc has them: what servers and all others have used."""

import contextlib
import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class Process:
    """A line of /proc/PID/stat. Ticks of `user` and `system` are its own, and those of children that have ended."""

    def __init__(self, text):
        head, rest = text.rsplit(")", 1)
        fields = rest.split()
        self.name = head.split("(", 1)[1]
        self.parent = int(fields[1])
        self.user = int(fields[11]) + int(fields[13])
        self.system = int(fields[12]) + int(fields[14])
        self.cpu = int(fields[36])  # where it ran last

    @property
    def ticks(self):
        return self.user + self.system


def processes():
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(entry.name)] = Process(Path(entry.path, "stat").read_text())
    return found


def below(root, table):
    """A process and all its descendants, whichever thread of their parents started them."""
    children = {}
    for pid, process in table.items():
        children.setdefault(process.parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return [pid for pid in found if pid in table]
