"""Load: what peko_load (bench/load) puts on a server."""

import dataclasses
import json
import os
import subprocess
from pathlib import Path

from rig.machine import BUILD, Missing, two_cpus
from rig.process import pinned

GENERATOR = Path(os.environ.get("PEKO_LOAD", BUILD / "release/bench/peko_load"))
PATIENCE = 120  # seconds


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

    def warm_up(self, server, seconds):
        """First a few requests that may take their time, then the load itself."""
        self.run(server, count=2 * self.connections)
        self.run(server, seconds=seconds)

    def run(self, server, rate=0, seconds=0, count=0, failures_fine=False):
        """The generator's own figures, as its JSON has them. Missing: the server failed some requests."""
        if not GENERATOR.exists():
            raise Missing(f"{GENERATOR} is missing: make bench builds it")
        command = [GENERATOR, "--port", server.port, "--host", self.host or server.host, *self.flags(),
                   "--rate", rate, "--seconds", seconds, "--count", count]
        try:
            done = subprocess.run(pinned(command, two_cpus()[1]), capture_output=True, text=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Missing(f"no end of the load after {PATIENCE} s\n{server.said()}") from None
        if done.returncode:
            raise Missing(f"the load failed: {done.stderr or done.stdout}")
        outcome = json.loads(done.stdout)
        # Without an answer: of an open loop that is a figure too, a closed loop has waited long.
        if not failures_fine and (outcome["failed"] or (not rate and not outcome["answered"])):
            raise Missing(f"requests failed: {outcome['failed'] or 'none was answered'}\n{server.said()}")
        return outcome
