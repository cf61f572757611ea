"""The machine that is measured on, and which of its CPUs do what."""

import functools
import os
import platform
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


class Missing(Exception):
    """Something that a benchmark needs is not there, or failed; the text says what to do."""


@functools.cache
def two_cpus():
    """A CPU for servers and one for the load, on different cores where the machine has two: BENCH_CPUS=2,3 says others."""
    allowed = sorted(os.sched_getaffinity(0))
    if "BENCH_CPUS" in os.environ:
        words = os.environ["BENCH_CPUS"].split(",")
        if len(words) != 2 or not all(word.isdigit() and int(word) in allowed for word in words) or words[0] == words[1]:
            raise Missing(f"BENCH_CPUS={os.environ['BENCH_CPUS']}: two different ones of {allowed}, as 0,1")
        return int(words[0]), int(words[1])
    if len(allowed) < 2:
        raise Missing("one CPU: server and load would take it from each other; the benchmarks need two")
    first = allowed[0]
    others = [cpu for cpu in allowed[1:] if core_of(cpu) != core_of(first)] or allowed[1:]
    return first, others[0]


def core_of(cpu):
    """The CPUs of one core, as the kernel lists them; the CPU itself where it does not."""
    file = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    return file.read_text().strip() if file.exists() else str(cpu)


def in_short(error):
    """An error in a line: what, and the last that was said of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:1] + lines[1:][-1:])
    return text if isinstance(error, Missing) else f"{type(error).__name__}: {text}"


def describe():
    """What a reader has to know of the machine."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.M)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M)
    release = re.search(r'^PRETTY_NAME="(.+)"', Path("/etc/os-release").read_text(), re.M)
    server, load = two_cpus()
    return {
        "cpu": model[1] if model else platform.machine(),
        "cpus": os.cpu_count(),
        "virtual": "hypervisor" in info,
        "memory_gib": round(int(memory[1]) / 2**20),
        "kernel": platform.release(),
        "system": release[1] if release else "Linux",
        "server_cpu": server,
        "load_cpu": load,
        "same_core": core_of(server) == core_of(load),
    }


def available_bytes():
    """Memory that may be used without swapping."""
    return int(re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M)[1]) << 10
