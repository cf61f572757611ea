#!/usr/bin/env python3
"""Counts the instructions of a warm request and of its parts, and compares them with bench/gate.json.

Exit status 1 when a case takes over 5 % more than there. Unlike a time, a count hardly depends on the machine or on
what else it does, so a small loss shows. It does depend on compilers and libraries: the baseline names those that it
was made with.
"""

import argparse
import concurrent.futures
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import callgrind  # noqa: E402
from rig.machine import BUILD, Missing  # noqa: E402

BASELINE = Path(__file__).resolve().with_name("gate.json")
TOLERANCE = 0.05
NOTHING = 10  # instructions: of cases that take so few, a share says nothing


def first_line(*command):
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return lines[0].strip()


# What instruction counts depend on besides our own code.
TOOLCHAIN = {
    "machine": platform.machine,
    "libc": lambda: " ".join(platform.libc_ver()),
    "clang": lambda: first_line("clang++-19", "--version"),
    "rustc": lambda: first_line("rustc", "--version"),
    "valgrind": lambda: first_line("valgrind", "--version"),
}


def toolchain():
    return {name: read() for name, read in TOOLCHAIN.items()}


def compare(baseline, counts, cases):
    """The lines of a table, and what is wrong, a line each. `cases`: all there are, which the baseline must have."""
    lines = [f"{'case':<18} {'baseline':>12} {'now':>12} {'change':>8}"]
    wrong = []
    for case, count in counts.items():
        before = baseline.get(case)
        if before is None:
            lines.append(f"{case:<18} {'-':>12} {count:>12,.0f}")
            wrong.append(f"{case} is not in the baseline")
            continue
        change = count / before - 1
        differs = abs(change) > TOLERANCE and abs(count - before) > NOTHING
        verdict = "" if not differs else "  FAIL" if change > 0 else "  better"
        lines.append(f"{case:<18} {before:>12,} {count:>12,.0f} {change:>+8.1%}{verdict}")
        if verdict == "  FAIL":
            wrong.append(f"{case} takes {change:.1%} more instructions than the baseline; {TOLERANCE:.0%} are allowed")
    wrong += [f"{case} is in the baseline, and there is no such case" for case in baseline if case not in cases]
    return lines, wrong


def count_all(micro, cases, repeat, jobs):
    """Case -> counts of each repetition. Cases run side by side: they do not disturb each other's counts."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(micro.count, case): case for case in cases for _ in range(repeat)}
        counts = {case: [] for case in cases}
        try:
            for done, future in enumerate(concurrent.futures.as_completed(running), 1):
                counts[running[future]].append(future.result())
                if sys.stderr.isatty():
                    print(f"\r  {done} of {len(running)} counted ", end="", file=sys.stderr, flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return counts


def read_baseline(path):
    try:
        found = json.loads(path.read_text())
        counts = {str(case): int(count) for case, count in found["instructions"].items()}
        if any(count <= 0 for count in counts.values()):
            raise ValueError("a count is not positive")
        return dict(found["toolchain"]), counts
    except FileNotFoundError:
        raise Missing(f"{path} is missing: make bench-gate UPDATE=1 writes it") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Missing(f"{path} is no baseline ({error!r}): make bench-gate UPDATE=1 writes it anew") from None


def refuse_other_toolchain(made_by):
    """Counts that stay in a baseline must not pass for those of another toolchain."""
    for name, ours in toolchain().items():
        if made_by.get(name) != ours:
            raise Missing(f"the other counts of the baseline were made with {name} {made_by.get(name)}, this is {ours}: "
                          "make bench-gate UPDATE=1 counts all cases anew")


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only these (default: all)")
    parser.add_argument("--update", action="store_true", help="write what was counted into the baseline")
    parser.add_argument("--baseline", type=Path, default=BASELINE, metavar="FILE")
    parser.add_argument("--build", type=Path, default=BUILD / "release", metavar="FOLDER",
                        help="with bench/peko_micro")
    parser.add_argument("--repeat", type=positive, default=1, metavar="N", help="count N times, and show the spread")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count(), metavar="N", help="cases at once")
    options = parser.parse_args()

    with callgrind.Micro(options.build) as micro:
        known = micro.cases()
        unknown = [case for case in options.cases if case not in known]
        if unknown:
            parser.error(f"there is no case {unknown[0]}; there are: {', '.join(known)}")
        made_by, baseline = ({}, {}) if options.update and not options.cases else read_baseline(options.baseline)
        if options.update and set(baseline) - set(options.cases):
            refuse_other_toolchain(made_by)
        counts = count_all(micro, options.cases or known, options.repeat, options.jobs)

    if options.repeat > 1:
        for case, values in counts.items():
            spread = max(values) / min(values) - 1
            print(f"{case:<18} {min(values):>12,.1f} to {max(values):>12,.1f}: spread {spread:.2%}")
    medians = {case: sorted(values)[len(values) // 2] for case, values in counts.items()}
    if options.update:
        baseline.update({case: round(count) for case, count in medians.items()})
        options.baseline.write_text(json.dumps({"toolchain": toolchain(), "instructions": baseline}, indent=2) + "\n")
        print(f"{options.baseline} has {len(medians)} new counts")
        return 0

    lines, wrong = compare(baseline, medians, known)
    print("\n".join(lines))
    for name, ours in toolchain().items():
        if made_by.get(name) != ours:
            print(f"note: the baseline was made with {name} {made_by.get(name)}, this is {ours}: counts may differ")
    if wrong:
        print("\nFAIL: " + "\n      ".join(wrong))
        print("If that is meant: make bench-gate UPDATE=1 writes a new baseline; the commit should say why.")
        return 1
    print(f"\nPASS: no case takes over {TOLERANCE:.0%} more instructions than the baseline")
    if any(line.endswith("better") for line in lines):
        print("Some take fewer: make bench-gate UPDATE=1 keeps it so.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(f"gate: {missing}")
    except KeyboardInterrupt:
        sys.exit(130)
