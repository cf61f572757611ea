"""Load: what peko_load (bench/load) puts on a server."""

import array
import contextlib
import dataclasses
import json
import os
import subprocess
import tempfile
from pathlib import Path

from rig.machine import BUILD, Missing, two_cpus
from rig.process import pinned

GENERATOR = Path(os.environ.get("PEKO_LOAD", BUILD / "release/bench/peko_load"))
PATIENCE = 120  # seconds
LEAD_IN = 0.2  # seconds of an open loop whose latencies are not kept
# Microseconds, the 99th percentile: beyond, the generator itself was late, and the round is marked. On a CPU of its own it stays below 25.
LAG_MAX_US = 100


@dataclasses.dataclass(frozen=True)
class Load:
    """As the flags of peko_load, which `peko_load --help` explains."""

    path: str = "/"
    method: str = "GET"
    fields: tuple = ()
    body: Path | None = None
    body_bytes: int = 0
    expect_bytes: int | None = None
    connections: int = 64
    pipeline: int = 1
    per_connection: int = 0
    sources: int = 1
    host: str | None = None  # else the server's own
    hosts: int = 1
    zipf: float = 0

    def flags(self):
        words = ["--path", self.path, "--method", self.method, "--connections", self.connections, "--pipeline", self.pipeline,
                 "--per-connection", self.per_connection, "--sources", self.sources, "--hosts", self.hosts, "--zipf", self.zipf]
        for field in self.fields:
            words += ["--field", field]
        if self.body:
            words += ["--body", self.body]
        elif self.body_bytes:
            words += ["--body-bytes", self.body_bytes]
        if self.expect_bytes is not None:
            words += ["--expect-bytes", self.expect_bytes]
        return words

    def command(self, server, rate=0, seconds=0, count=0):
        if not Path(GENERATOR).exists():
            raise Missing(f"{GENERATOR} is missing: make bench builds it")
        return pinned([GENERATOR, "--port", server.port, "--host", self.host or server.host, *self.flags(),
                       "--rate", rate, "--seconds", seconds, "--count", count], two_cpus()[1])

    def warm_up(self, server, seconds):
        """First a few requests that may take their time, then the load itself."""
        self.run(server, count=2 * self.connections)
        self.run(server, seconds=seconds)

    def run(self, server, rate=0, seconds=0, count=0, failures_fine=False):
        """The generator's own figures, as its JSON has them, with all `latencies` in microseconds. Missing: the server failed some
        requests, or a closed loop waited for some in vain; of an open loop those are a figure too."""
        with tempfile.NamedTemporaryFile(prefix="peko-bench-") as file:
            command = [*self.command(server, rate, seconds, count), "--lead-in", str(LEAD_IN), "--latencies", file.name]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                raise Missing(f"no end of the load after {PATIENCE} s\n{server.said()}") from None
            if done.returncode:
                raise Missing(f"the load failed: {done.stderr or done.stdout}")
            outcome = json.loads(done.stdout) | {"latencies": array.array("f", file.read())}
        if not failures_fine and outcome["failed"]:
            raise Missing(f"requests failed: {outcome['failed']}\n{server.said()}")
        if not failures_fine and not rate and (outcome["unanswered"] or not outcome["answered"]):
            raise Missing(f"{outcome['unanswered'] or 'all'} requests were not answered\n{server.said()}")
        return outcome

    @contextlib.contextmanager
    def beside(self, server):
        """On the server as long as the block lasts, whatever comes of it."""
        load = subprocess.Popen(self.command(server, seconds=PATIENCE), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            yield
            if load.poll() is not None:
                raise Missing(f"the load beside ended too early: {load.stdout.read()}")
        finally:
            load.kill()
            load.communicate()


def lateness(outcome):
    """What is said of an open loop in which the generator sent late though a connection was free; None: it did not."""
    lag = outcome["send_lag_us"].get("p99", 0)
    return f"the load itself was late, 1 % of it by over {lag:,.0f} us" if lag > LAG_MAX_US else None
