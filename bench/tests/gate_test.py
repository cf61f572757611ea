#!/usr/bin/env python3
"""The gate closes: on a regression, on a baseline that does not fit, on a program that does not count.

Environment: PEKO_BENCH_BUILD names a build folder (default build/dev), PEKO_SANITIZER what it was built with. Without
valgrind, which building Peko does not need, and with a sanitizer, which does not run in it, nothing is counted, and the
tests of that are skipped.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gate  # noqa: E402  (the folder is known only now)
from rig.machine import BUILD, Missing  # noqa: E402

CASE = "route/name"  # the cheapest to count
BUILT = Path(os.environ.get("PEKO_BENCH_BUILD", BUILD / "dev"))


class Compare(unittest.TestCase):
    def verdict(self, baseline, counts, cases=("a", "b")):
        return gate.compare(baseline, counts, cases)

    def test_passes_what_takes_up_to_five_percent_more(self):
        lines, wrong = self.verdict({"a": 1000, "b": 2000}, {"a": 1049.0, "b": 1990.0})
        self.assertEqual(wrong, [])
        self.assertIn("+4.9%", lines[1])
        self.assertNotIn("FAIL", "\n".join(lines))

    def test_fails_what_takes_more_and_names_it(self):
        lines, wrong = self.verdict({"a": 1000, "b": 2000}, {"a": 1051.0, "b": 2000.0})
        self.assertEqual(wrong, ["a takes 5.1% more instructions than the baseline; 5% are allowed"])
        self.assertTrue(lines[1].endswith("FAIL"))

    def test_points_out_what_became_better_so_that_the_gain_is_kept(self):
        lines, wrong = self.verdict({"a": 1000}, {"a": 900.0}, ["a"])
        self.assertEqual(wrong, [])
        self.assertTrue(lines[1].endswith("better"))

    def test_does_not_mind_a_few_instructions(self):
        lines, wrong = self.verdict({"a": 8}, {"a": 11.0}, ["a"])
        self.assertEqual((wrong, lines[1].split()[-1]), ([], "+37.5%"))

    def test_fails_when_cases_and_baseline_differ(self):
        _, wrong = self.verdict({"b": 2000, "gone": 1}, {"a": 1000.0, "b": 2000.0})
        self.assertEqual(wrong, ["a is not in the baseline", "gone is in the baseline, and there is no such case"])

    def test_does_not_miss_cases_that_were_not_asked_for(self):
        _, wrong = self.verdict({"a": 1000, "b": 2000}, {"b": 2000.0})
        self.assertEqual(wrong, [])


class Baseline(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "gate.json")
            if text is not None:
                path.write_text(text)
            return gate.read_baseline(path)

    def test_says_what_to_do_about_one_that_is_missing_or_damaged(self):
        for text in (None, "", "[]", '{"instructions": {}}', '{"toolchain": {}, "instructions": {"a": 0}}',
                     '{"toolchain": {}, "instructions": {"a": "x"}}'):
            with self.assertRaisesRegex(Missing, "make bench-gate UPDATE=1", msg=text):
                self.read(text)

    def test_of_the_tree_is_sound(self):
        toolchain, counts = gate.read_baseline(gate.BASELINE)
        self.assertEqual(set(toolchain), set(gate.TOOLCHAIN))
        self.assertIn("request/warm", counts)


@unittest.skipUnless(shutil.which("valgrind"), "no valgrind here: scripts/setup.sh bench")
@unittest.skipIf(os.environ.get("PEKO_SANITIZER"), "sanitizers do not run under valgrind")
class Gate(unittest.TestCase):
    def run_gate(self, *arguments):
        command = [sys.executable, "-B", gate.__file__, "--build", BUILT, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_refuses_a_case_that_is_not_there(self):
        status, said = self.run_gate("no/such")
        self.assertEqual(status, 2, said)
        self.assertIn("there is no case no/such; there are: ", said)
        self.assertIn(CASE, said)

    def test_tells_a_build_folder_without_programs(self):
        status, said = self.run_gate("--build", "/nowhere")
        self.assertEqual(status, 1, said)
        self.assertIn("/nowhere/bench/peko_micro is missing: make bench-gate builds it", said)

    def test_counts_alike_twice_and_fails_by_a_doctored_baseline(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "gate.json")
            status, said = self.run_gate("--update", "--baseline", path, CASE)
            self.assertEqual(status, 1, said)  # of the other cases nothing is known
            self.assertIn("is missing: make bench-gate UPDATE=1 writes it", said)
            path.write_text('{"toolchain": {}, "instructions": {"%s": 1}}' % CASE)
            status, said = self.run_gate("--update", "--baseline", path, CASE)
            self.assertEqual(status, 0, said)
            status, said = self.run_gate("--baseline", path, CASE)
            self.assertEqual(status, 0, said)
            self.assertIn("PASS", said)

            baseline = json.loads(path.read_text())
            path.write_text('{"toolchain": {}, "instructions": {"%s": 1, "other": 1}}' % CASE)
            status, said = self.run_gate("--update", "--baseline", path, CASE)
            self.assertEqual(status, 1, said)  # what is known of the other case was counted with another toolchain
            self.assertIn("UPDATE=1 counts all cases anew", said)

            path.write_text(json.dumps(baseline))
            baseline["instructions"][CASE] = round(baseline["instructions"][CASE] / 1.06)
            path.write_text(json.dumps(baseline))
            status, said = self.run_gate("--baseline", path, CASE)
            self.assertEqual(status, 1, said)
            self.assertRegex(said, rf"FAIL: {CASE} takes [56]\.\d% more instructions")


if __name__ == "__main__":
    unittest.main()
