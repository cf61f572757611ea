#!/usr/bin/env python3
"""Makes a flame graph (SVG) of peko serving a sample or a test guest warm: bench/flame.py hello-c [--output FILE]

perf samples the node by the CPU clock, which works in virtual machines too, while it answers requests; inferno draws.
Guest frames have the names that the component has. docs/performance.md says how to read one.
"""

import argparse
import collections
import concurrent.futures
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

from rig import peers  # noqa: E402
from rig.load import Load  # noqa: E402
from rig.machine import BUILD, Missing  # noqa: E402

INFERNO = "0.12.4"
TOOLS = BUILD / "tools"
SAMPLES_PER_SECOND = 997  # a prime, so that it keeps step with nothing
WAYS = {"unwound": "dwarf,8192", "walked": "fp"}  # how perf gets at stacks: see `join`
CONNECTIONS = 16

# Symbols of machine code that wasmtime made, and of the bottom of the stack that guests have.
COMPILED = re.compile(r"^(wasm\[|component-)")
BOTTOM = re.compile(r"^wasmtime_internal_fiber::.*fiber_start$")
# Who runs guests: on what it called for most of the time is put what was called by compiled code.
ENTRY = "peko_invocation_poll"
GUEST = "the guest, and what it calls"


def inferno(name):
    """A program of inferno, which is built first if need be."""
    program = TOOLS / "bin" / f"inferno-{name}"
    if not program.exists():
        print(f"==> Building inferno {INFERNO}, which draws flame graphs", file=sys.stderr)
        cargo = peers.need("cargo", "scripts/setup.sh installs it")
        subprocess.run([cargo, "install", "inferno", "--version", INFERNO, "--locked", "--root", TOOLS,
                        "--target-dir", TOOLS / "target"], check=True)
        shutil.rmtree(TOOLS / "target", ignore_errors=True)
    return program


def record(function, seconds, folder):
    """Samples a node that answers requests of `function`, in all ways at once; each makes a file of its name."""
    perf = peers.need("perf", "scripts/setup.sh bench installs it")
    load = Load(connections=CONNECTIONS)
    store = peers.Store(folder).drop(function)
    with peers.peko(store, function) as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        load.run(server, count=2 * CONNECTIONS)
        loaded = pool.submit(load.run, server, seconds=seconds + 2)
        time.sleep(1)
        samplers = []
        for way, how in WAYS.items():
            command = [perf, "record", "-q", "-o", folder / way, "-e", "cpu-clock", "-F", str(SAMPLES_PER_SECOND),
                       "--call-graph", how, "-p", str(server.pid), "--", "sleep", str(seconds)]
            samplers.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        said = [sampler.communicate()[1] for sampler in samplers]
        loaded.result()
    if any(sampler.returncode != 0 for sampler in samplers):
        raise Missing("perf cannot sample (as root it may, or after sysctl kernel.perf_event_paranoid=1):\n"
                          + "".join(said))


def fold(data):
    """The stacks that perf has recorded: (thread, outermost, ..., innermost) -> nanoseconds."""
    script = data.with_suffix(".script")
    with script.open("wb") as out:
        subprocess.run(["perf", "script", "--no-inline", "-i", data], stdout=out, stderr=subprocess.DEVNULL, check=True)
    folded = subprocess.run([inferno("collapse-perf"), script], capture_output=True, text=True, check=True)
    return read_folded(folded.stdout)


def read_folded(text):
    stacks = collections.Counter()
    for line in text.splitlines():
        stack, count = line.rsplit(" ", 1)
        stacks[tuple(stack.split(";"))] += int(count)
    return stacks


def join(unwound, walked):
    """One picture of the two ways to walk a stack.

    `unwound` by debug information is right up to code that wasmtime compiled, which has none; `walked` along frame
    pointers is right within that code, which keeps them. So samples in compiled code come from the latter, all others
    from the former, and what begins in compiled code, or at the bottom of a guest's stack, is put on what runs guests.
    """
    roots = collections.Counter()
    for stack, count in unwound.items():
        if ENTRY in stack:
            roots[stack[:stack.index(ENTRY) + 1]] += count
    if not roots:
        raise Missing(f"no sample has {ENTRY}: is the program stripped?")
    root = (*roots.most_common(1)[0][0], GUEST)

    joined = collections.Counter()
    for stack, count in unwound.items():
        if COMPILED.match(stack[-1]):
            continue
        outermost = next((i for i, frame in enumerate(stack) if COMPILED.match(frame)), None)
        if outermost is None and BOTTOM.match(stack[min(1, len(stack) - 1)]):
            outermost = 1
        joined[stack if outermost is None else (*root, *stack[outermost:])] += count
    for stack, count in walked.items():
        if COMPILED.match(stack[-1]):
            outermost = next(i for i, frame in enumerate(stack) if COMPILED.match(frame))
            joined[(*root, *stack[outermost:])] += count
    return joined


def draw(stacks, function, output):
    lines = "\n".join(f"{';'.join(stack)} {count}" for stack, count in sorted(stacks.items()))
    command = [inferno("flamegraph"), "--hash", "--minwidth", "0.15", "--title", f"peko serve, {function} warm",
               "--subtitle", f"{sum(stacks.values()) / 1e9:.1f} s of CPU time", "--countname", "ns"]
    drawn = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(drawn.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("function", help="a sample or a test guest: hello-c, ssr-component, ...")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: build/flame/FUNCTION.svg")
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    output = options.output or BUILD / "flame" / f"{options.function}.svg"

    inferno("flamegraph")
    with tempfile.TemporaryDirectory(prefix="peko-flame-") as name:
        folder = Path(name)
        record(options.function, options.seconds, folder)
        stacks = join(**{way: fold(folder / way) for way in WAYS})
    draw(stacks, options.function, output)
    print(output)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(f"flame: {missing}")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"flame: {failed}\n{failed.stderr or ''}")
    except KeyboardInterrupt:
        sys.exit(130)
