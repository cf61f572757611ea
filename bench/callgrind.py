"""Instructions of one call, counted by valgrind's callgrind.

Each case runs twice, for N and for 2 N calls, and the difference is divided by N: so the start of the process does not
count. What else the machine does has no part in it. The program runs without its debug information, which valgrind 3.19
cannot read as clang writes it.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from rig.machine import BUILD, Missing
from rig.peers import need

CALLS = 20_000
CALLS_OF = {"call": 2_000, "request": 2_000}  # those that run a guest: by the name up to the first slash


class Micro:
    """build/*/bench/peko_micro; a context manager, because the stripped copy that runs is temporary."""

    def __init__(self, build):
        self.built = Path(build) / "bench" / "peko_micro"
        if not self.built.exists():
            raise Missing(f"{self.built} is missing: make bench-gate builds it")
        need("valgrind", "scripts/setup.sh bench installs it (make bench-gate does)")
        need("strip", "apt-get install binutils")

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="peko-gate-"))
        try:
            subprocess.run(["strip", "-g", "-o", self.folder / "peko_micro", self.built], check=True)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def program(self):
        return self.folder / "peko_micro"

    def cases(self):
        """The names of the benchmarks."""
        listed = subprocess.run([self.program, "--benchmark_list_tests"], capture_output=True, text=True, check=True)
        return listed.stdout.split()

    def count(self, case):
        """The instructions of one call."""
        calls = CALLS_OF.get(case.split("/")[0], CALLS)
        return (self.collect(case, 2 * calls) - self.collect(case, calls)) / calls

    def collect(self, case, calls):
        """The instructions of the first thread of a process that makes so many calls.

        The other threads compile at the start, wait for work and write the log.
        """
        with tempfile.TemporaryDirectory(prefix="callgrind-", dir=self.folder) as folder:
            command = ["valgrind", "--tool=callgrind", "--separate-threads=yes", f"--callgrind-out-file={folder}/out",
                       f"--log-file={folder}/log", self.program, "--benchmark_format=json",
                       f"--benchmark_filter=^{re.escape(case)}(/iterations:.*)?$"]
            done = subprocess.run(command, capture_output=True, text=True, check=False,
                                  env={**os.environ, "PEKO_ITERATIONS": str(calls), "PEKO_BUILD": str(BUILD)})
            said = Path(folder, "log").read_text(errors="replace")
            counts = Path(folder, "out-01").read_text() if done.returncode == 0 else ""
        if done.returncode != 0:
            raise Missing(f"{case} failed ({done.returncode}):\n{done.stderr[-2000:]}{said[-2000:]}")
        results = json.loads(done.stdout)["benchmarks"]
        errors = [result["error_message"] for result in results if result.get("error_occurred")]
        if errors or len(results) != 1 or results[0]["iterations"] != calls:
            raise Missing(f"{case} did not run: {errors or results}")
        return int(re.search(r"^totals: (\d+)", counts, re.M)[1])
