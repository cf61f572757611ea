"""How a case is measured: all its servers in turn, round after round, so that what else the machine does hits all alike.

First a warm-up, not counted, in which all that do the same work have to answer the same bytes; then rounds of a closed loop, in which
the server's CPU or that of the load is the bound: requests per second, CPU time per request; then rounds of an open loop at half of what
the slowest server could do, the same for all: latency.
"""

import contextlib
import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rig import stats
from rig.client import Client
from rig.load import LEAD_IN, Load, lateness
from rig.machine import Missing, in_short, two_cpus
from rig.noise import Watch
from rig.process import Server
from rig.result import Column, Result

LATENCIES = "latency_us"  # samples
LOAD_COLUMNS = [
    Column("per_cpu_second", "requests / CPU s", better="higher", spread=True, plot=True),
    Column("cpu_us", "CPU us", 2, "lower", spread=True),
    Column("user_us", "user", 2),
    Column("system_us", "system", 2),
    Column("per_second", "requests / s", better="higher"),
    Column("busy", "busy %"),
    Column("p50_us", "p50 us", better="lower", pool=LATENCIES, share=0.5),
    Column("p99_us", "p99 us", better="lower", plot=True, pool=LATENCIES, share=0.99),
    Column("p999_us", "p99.9 us", better="lower", pool=LATENCIES, share=0.999),
    Column("unanswered", "unanswered %", 1, "lower", rare=True),
    Column("rss_mib", "RSS MiB", 1, "lower"),
]
RATE_MAX = 20_000  # of an open loop: what the generator was seen to keep without falling behind
LATENCIES_MIN = 20  # of a round, where they do not take longer than
LATENCY_SECONDS_MAX = 5
P99_SECONDS_MAX = 2  # of a round: longer ones are not made for the sake of a p99
BODY_MAX = 1 << 16  # bytes: larger bodies are compared by their length alone, which the case gives


@dataclasses.dataclass(frozen=True)
class Contestant:
    """A server in a case. `start` makes it; `subject`: it is Peko's, the others are compared with."""

    name: str
    start: Callable
    subject: bool = False
    load: Load | None = None  # where it differs from the case's
    note: str | None = None
    work: str = ""  # all with the same answer the same bytes


@dataclasses.dataclass(frozen=True)
class Round:
    """What a round found. `samples`: lists by name, for quantiles over all rounds; `noise`: what was wrong with the round itself."""

    figures: dict
    samples: dict = dataclasses.field(default_factory=dict)
    noise: str | None = None


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

    def start(self, contestants, result, stack=None):
        """The servers that could be started, with their rows; the others are named as absent. They end with `stack`, else the case."""
        started = []
        for contestant in contestants:
            self.say(f"starting {contestant.name}")
            try:
                server = (stack or self.stack).enter_context(contestant.start())
            except Exception as error:  # noqa: BLE001  (whatever a peer does, the case goes on)
                if contestant.subject:
                    raise
                result.leave_out(contestant.name, in_short(error))
                continue
            started.append((contestant, server, result.row(contestant.name, contestant.subject, contestant.note)))
        return started

    def compare(self, contestants, load, about, columns=LOAD_COLUMNS, absent=(), latency=True):
        """The usual case: the same load on all."""
        result = Result(columns, about)
        started = self.start(contestants, result)
        for name, why in absent:
            result.leave_out(name, why)
        loads, bodies = {}, {}  # by contestant's name; by work: whose, and what

        def warm_up(contestant, server):
            own = contestant.load or load
            loads[contestant.name] = own = with_its_length(own, compare_body(contestant, server, own, bodies))
            own.warm_up(server, min(1, self.seconds))

        self.in_turn(started, result, "warming up", 1, warm_up)
        self.in_turn(started, result, "throughput", self.rounds, lambda contestant, server: throughput(
            server, loads[contestant.name], self.seconds))
        if latency:
            half = min(row.median("per_second") for _, _, row in started) / 2
            rate = min(RATE_MAX, half)
            why = "half of what the slowest can do" if rate == half else "what the generator keeps without falling behind"
            result.about += f" Latency at {rate:,.0f} requests/s, the same for all ({why})."
            seconds = latency_seconds(rate, self.rounds, self.seconds)
            self.in_turn(started, result, "latency", self.rounds, lambda contestant, server: latencies(
                server, loads[contestant.name], rate, seconds))
        return result

    def in_turn(self, started, result, what, rounds, measure):
        """Every server once a round, each round from another one on. `measure` gives a Round, or None where nothing is to be kept. A
        peer that fails is taken out, ended, and named."""
        for number in range(rounds):
            first = number % max(1, len(started))
            for one in started[first:] + started[:first]:
                contestant, server, row = one
                self.say(f"{what}, round {number + 1} of {rounds}: {contestant.name}")
                watch = Watch(two_cpus(), {other.pid for _, other, _ in started if isinstance(other, Server) and other is not server})
                try:
                    found = measure(contestant, server)
                except Exception as error:  # noqa: BLE001  (as above)
                    if contestant.subject:
                        raise
                    started.remove(one)
                    result.rows.remove(row)
                    result.leave_out(contestant.name, in_short(error))
                    if isinstance(server, Server):
                        server.stop()
                    continue
                if found:
                    noise = "; ".join(filter(None, (watch.stop(), found.noise))) or None
                    row.add(found.figures, noise, found.samples)


def compare_body(contestant, server, load, bodies):
    """Its answer to the first request: that of the others that do the same work. None: it is too large to be looked at."""
    body = load.body.read_bytes() if load.body else b"b" * load.body_bytes
    if len(body) > BODY_MAX:
        return None
    with Client(server.port) as client:
        host = (load.host or server.host).replace("{}", "0")
        answer = client.ok(host, path=load.path, method=load.method, fields=load.fields, body=body).body
    whose, expected = bodies.setdefault(contestant.work, (contestant.name, answer))
    if answer != expected:
        raise Missing(f"its answer of {len(answer)} bytes is not that of {whose}, of {len(expected)}: {answer[:60]}... {expected[:60]}")
    return answer


def with_its_length(load, body):
    """Each later answer has to have as many bytes as the one that was compared."""
    return load if body is None or load.expect_bytes is not None else dataclasses.replace(load, expect_bytes=len(body))


def latency_seconds(rate, rounds, seconds):
    """Of a round of the open loop: longer than `seconds` for slow servers, so that some requests are in it, and enough in all for a p99
    where little is missing."""
    longest = max(seconds, LEAD_IN + min(LATENCIES_MIN / rate, LATENCY_SECONDS_MAX))
    for_p99 = LEAD_IN + 1.1 * stats.needed(0.99) / rounds / rate  # a tenth more: arrivals vary
    return max(longest, for_p99) if for_p99 <= P99_SECONDS_MAX else longest


def throughput(server, load, seconds):
    """A round of the closed loop."""
    server.forget_peak()
    before = server.cpu()
    outcome = load.run(server, seconds=seconds)
    figures = cpu_figures(before, server.cpu(), outcome)
    return Round(figures | {"per_second": outcome["answered"] / outcome["seconds"], "rss_mib": server.memory()[0] / 2**20,
                            "peak_mib": server.peak() / 2**20})


def cpu_figures(before, after, outcome):
    """CPU time of an answer between two readings: in user space, in the kernel, both."""
    user, system = (now - then for now, then in zip(after, before, strict=True))
    both, answered = user + system, outcome["answered"]
    if both <= 0:
        raise Missing("the server took no CPU time that could be seen: the round is too short, or another process answers")
    return {"cpu_us": both * 1e6 / answered, "user_us": user * 1e6 / answered, "system_us": system * 1e6 / answered,
            "per_cpu_second": answered / both, "busy": 100 * both / outcome["seconds"]}


def latencies(server, load, rate, seconds):
    """A round of the open loop."""
    outcome = load.run(server, rate=rate, seconds=seconds)
    unanswered = outcome["unanswered"]
    figures = {"unanswered": 100 * unanswered / max(1, unanswered + outcome["answered"]),
               "send_lag_p99_us": outcome["send_lag_us"].get("p99", 0)}
    return Round(figures, {LATENCIES: outcome["latencies"]}, lateness(outcome))


def quick():
    """The settings of `bench/run --quick`: whether all works, not how fast it is."""
    return {"rounds": 2, "seconds": 0.5}
