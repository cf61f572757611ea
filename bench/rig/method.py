"""How a case is measured: all its servers in turn, round after round, so that what else the machine does hits all alike.

First a warm-up, not counted; then rounds of a closed loop, in which the server's CPU is the bound: requests per second, CPU
time per request; then rounds of an open loop at half of what the slowest server could do, the same for all: latency.
"""

import contextlib
import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rig.load import Load
from rig.machine import Missing, two_cpus
from rig.noise import TICK, Watch
from rig.result import Column, Result

LOAD_COLUMNS = [
    Column("per_cpu_second", "requests / CPU s", better="higher", spread=True, plot=True),
    Column("cpu_us", "CPU us", 2, "lower", spread=True),
    Column("user_us", "user", 2),
    Column("system_us", "system", 2),
    Column("per_second", "requests / s", better="higher"),
    Column("p50_us", "p50 us", better="lower"),
    Column("p99_us", "p99 us", better="lower", plot=True),
    Column("p999_us", "p99.9 us", better="lower"),
    Column("unanswered", "unanswered %", 1, "lower", rare=True),
    Column("rss_mib", "RSS MiB", 1, "lower"),
]
RATE_MAX = 20_000  # of an open loop: what the generator was seen to keep without falling behind
LATENCIES_MIN = 20  # of a round, where they do not take longer than
LATENCY_SECONDS_MAX = 5


@dataclasses.dataclass(frozen=True)
class Contestant:
    """A server in a case. `start` makes it; `subject`: it is Peko's, the others are compared with."""

    name: str
    start: Callable
    subject: bool = False
    load: Load | None = None  # where it differs from the case's
    note: str | None = None


@dataclasses.dataclass
class Bench:
    """What a case is given: how many rounds of how many seconds, folders, progress."""

    rounds: int = 5
    seconds: float = 1.0
    stack: contextlib.ExitStack = dataclasses.field(default_factory=contextlib.ExitStack)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.say("")
        self.stack.close()

    def folder(self):
        """One of the case's own, removed at its end."""
        path = Path(tempfile.mkdtemp(prefix="peko-bench-"))
        self.stack.callback(shutil.rmtree, path, ignore_errors=True)
        path.chmod(0o755)  # nginx's workers may be another user
        return path

    def say(self, text):
        """What is being done now, in one line that the next one replaces; nothing unless somebody watches."""
        if sys.stderr.isatty():
            print(f"\r\033[K  {text[:100]}" if text else "\r\033[K", end="", file=sys.stderr, flush=True)

    def start(self, contestants, result):
        """The servers that could be started, with their rows; the others are named as absent."""
        started = []
        for contestant in contestants:
            self.say(f"starting {contestant.name}")
            try:
                server = self.stack.enter_context(contestant.start())
            except Missing as missing:
                if contestant.subject:
                    raise
                result.leave_out(contestant.name, missing.short())
                continue
            started.append((contestant, server, result.row(contestant.name, contestant.subject, contestant.note)))
        return started

    def compare(self, contestants, load, about, columns=LOAD_COLUMNS, absent=(), latency=True):
        """The usual case: the same load on all."""
        result = Result(columns, about)
        started = self.start(contestants, result)
        for name, why in absent:
            result.leave_out(name, why)
        self.in_turn(started, result, "warming up", 1, lambda contestant, server: self.loaded(contestant, load).warm_up(
            server, min(1, self.seconds)))
        self.in_turn(started, result, "throughput", self.rounds, lambda contestant, server: throughput(
            server, self.loaded(contestant, load), self.seconds))
        if latency:
            rate = min(RATE_MAX, min(row.median("per_second") for _, _, row in started) / 2)
            result.about += f" Latency at {rate:,.0f} requests/s, the same for all (half of what the slowest can do)."
            seconds = max(self.seconds, min(LATENCIES_MIN / rate, LATENCY_SECONDS_MAX))
            self.in_turn(started, result, "latency", self.rounds, lambda contestant, server: latencies(
                server, self.loaded(contestant, load), rate, seconds))
        return result

    def loaded(self, contestant, load):
        return contestant.load or load

    def in_turn(self, started, result, what, rounds, measure):
        """Every server once a round, each round from another one on. `measure` gives a round's figures and who disturbed it, or
        None where nothing is to be kept. A peer that fails is taken out, and named."""
        for number in range(rounds):
            first = number % max(1, len(started))
            for one in started[first:] + started[:first]:
                contestant, server, row = one
                self.say(f"{what}, round {number + 1} of {rounds}: {contestant.name}")
                try:
                    found = measure(contestant, server)
                except Missing as missing:
                    if contestant.subject:
                        raise
                    started.remove(one)
                    result.rows.remove(row)
                    result.leave_out(contestant.name, missing.short())
                    continue
                if found:
                    row.add(*found)


def throughput(server, load, seconds):
    """A round of the closed loop: its figures, and who disturbed it."""
    watch, before = Watch(two_cpus()), server.cpu()
    outcome = load.run(server, seconds=seconds)
    figures = cpu_figures(server, before, outcome)
    return figures | {"per_second": outcome["answered"] / outcome["seconds"], "rss_mib": server.memory()[0] / 2**20}, watch.stop()


def cpu_figures(server, before, outcome):
    """CPU time of an answer since `before`: in user space, in the kernel, both."""
    user, system = (after - then for after, then in zip(server.cpu(), before, strict=True))
    answered = outcome["answered"]
    both = max(user + system, 1 / TICK)
    return {"cpu_us": both * 1e6 / answered, "user_us": user * 1e6 / answered, "system_us": system * 1e6 / answered,
            "per_cpu_second": answered / both}


def latencies(server, load, rate, seconds):
    """A round of the open loop."""
    watch = Watch(two_cpus())
    outcome = load.run(server, rate=rate, seconds=seconds)
    figures = {f"{name}_us": outcome["latency_us"][name] for name in ("p50", "p99", "p999")}
    unanswered = outcome["unanswered"]
    return figures | {"unanswered": 100 * unanswered / (unanswered + outcome["answered"])}, watch.stop()


def quick():
    """The settings of `bench/run --quick`: whether all works, not how fast it is."""
    return {"rounds": 2, "seconds": 0.5}

