#!/usr/bin/env python3
"""The parts of the benchmarks that compute: medians, noise, tables, the document."""

import math
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rig import noise, proc, report, stats  # noqa: E402  (the folder is known only now)
from rig.machine import Missing, two_cpus  # noqa: E402
from rig.result import Column, Result  # noqa: E402


class Statistics(unittest.TestCase):
    def test_a_median_has_its_spread(self):
        self.assertEqual(stats.summary([3, 1, 2]), {"median": 2, "min": 1, "max": 3, "values": [3, 1, 2]})

    def test_disturbed_rounds_are_left_out_when_enough_others_are_there(self):
        self.assertEqual(stats.quiet([1, 2, 90, 3], [None, None, "cc1", None]), [1, 2, 3])
        self.assertEqual(stats.quiet([1, 90, 3], [None, "cc1", None]), [1, 90, 3])

    def test_quantiles_take_the_nearest_rank(self):
        self.assertEqual(stats.quantile(range(1, 101), 0.99), 99)
        self.assertEqual(stats.quantile(range(1, 101), 0.5), 50)
        self.assertEqual(stats.quantile([7], 0.999), 7)
        self.assertEqual(stats.quantile([1, 2], 0), 1)


def process(name, parent, ticks, cpu=0):
    """As /proc/PID/stat has it; its time is split over its four fields."""
    fields = ["S", parent, *[0] * 9, ticks - 3, 1, 1, 1, *[0] * 21, cpu, 0]
    return proc.Process(f"7 ({name}) " + " ".join(map(str, fields)))


class Pooled(unittest.TestCase):
    CALM = [None] * 5

    def test_a_quantile_needs_ten_samples_beyond_it(self):
        self.assertEqual([stats.needed(share) for share in (0.5, 0.9, 0.99, 0.999)], [20, 100, 1000, 10_000])
        self.assertIsNone(stats.pooled([range(199)] * 5, self.CALM, 0.99)["median"])
        self.assertEqual(stats.pooled([range(200)] * 5, self.CALM, 0.99)["median"], 197)

    def test_it_is_of_all_rounds_and_beside_it_are_those_of_rounds_with_enough_samples(self):
        found = stats.pooled([range(1000), range(1000, 2000), [7]], self.CALM[:3], 0.99)
        self.assertEqual((found["median"], found["min"], found["max"], found["samples"]), (1979, 989, 1989, 2001))
        self.assertEqual(found["values"], [989, 1989])
        self.assertEqual(stats.pooled([range(200)] * 5, self.CALM, 0.99)["values"], [197])

    def test_disturbed_rounds_are_left_out(self):
        self.assertEqual(stats.pooled([[1] * 10, [1] * 10, [9] * 50, [1] * 10], [None, None, "cc1", None], 0.5)["median"], 1)

    def test_what_never_came_takes_for_ever(self):
        self.assertEqual(stats.pooled([[1.0] * 980 + [math.inf] * 20], [None], 0.99)["median"], math.inf)

    def test_a_row_tells_it_and_a_table_shows_too_few_as_a_dash(self):
        result = Result([Column("p50_us", "p50", pool="us", share=0.5), Column("p99_us", "p99", pool="us", share=0.99)], "")
        for name, count in (("few", 30), ("many", 2000), ("never", 0)):
            result.row(name).add({}, samples={"us": [5.0] * count + [math.inf] * (1000 if name == "never" else 0)})
        lines = report.table(result.as_json("c", "t", {}, 1)).splitlines()
        self.assertEqual(lines[2:], ["| few | 5 | - |", "| many | 5 | 5 |", "| never | never | never |"])


class Noise(unittest.TestCase):
    def used(self, before, after, cpus=(0, 1), strangers=()):
        return noise.used_between(before, after, set(cpus), us=10, strangers=strangers)

    def test_a_name_may_hold_anything(self):
        found = process("a) (b", 1, 50, cpu=3)
        self.assertEqual((found.name, found.parent, found.ticks, found.cpu), ("a) (b", 1, 50, 3))

    def test_we_and_all_below_us_are_not_others(self):
        before = {10: process("python3", 1, 10), 11: process("peko", 10, 10), 12: process("child", 11, 10), 20: process("cc1", 1, 10)}
        after = {10: process("python3", 1, 20), 11: process("peko", 10, 90), 12: process("child", 11, 90), 20: process("cc1", 1, 40)}
        self.assertEqual(self.used(before, after), {"cc1": 30})

    def test_a_server_whose_turn_it_is_not_is_another(self):
        before = {10: process("python3", 1, 10), 11: process("peko", 10, 10), 12: process("nginx", 10, 10), 13: process("worker", 12, 10)}
        after = {10: process("python3", 1, 20), 11: process("peko", 10, 90), 12: process("nginx", 10, 15), 13: process("worker", 12, 30)}
        self.assertEqual(self.used(before, after, strangers={12}), {"nginx": 5, "worker": 20})

    def test_work_on_other_cpus_does_not_disturb(self):
        self.assertEqual(self.used({20: process("cc1", 1, 10, cpu=5)}, {20: process("cc1", 1, 99, cpu=5)}), {})

    def test_what_ended_is_counted_by_its_parent_without_what_it_did_before(self):
        before = {30: process("make", 1, 10), 31: process("cc1", 30, 100)}
        after = {30: process("make", 1, 10 + 120)}
        self.assertEqual(self.used(before, after), {"make": 20})

    def test_what_ended_with_its_parent_is_counted_by_the_one_that_is_left(self):
        before = {30: process("bash", 1, 10), 31: process("make", 30, 50), 32: process("cc1", 31, 8000)}
        self.assertEqual(self.used(before, {30: process("bash", 1, 10 + 50 + 8000 + 20)}), {"bash": 20})

    def test_a_little_is_no_disturbance(self):
        self.assertIsNone(noise.verdict(0.02, {"sshd": 0.04}))
        self.assertEqual(noise.verdict(0.1, {"sshd": 0.04}), "10% stolen by the hypervisor")
        self.assertEqual(noise.verdict(0, {"cc1": 0.5, "sshd": 0.02, "init": 0.001}), "50% cc1, 2% sshd")

    def test_this_machine_can_be_watched(self):
        watch = noise.Watch(sorted(noise.os.sched_getaffinity(0))[:1])
        self.assertIn(type(watch.stop()), (str, type(None)))


def sample(**more):
    result = Result([Column("cpu_us", "CPU us", 2, "lower", spread=True), Column("rss", "RSS")], "64 connections.")
    ours, theirs = result.row("peko", subject=True), result.row("nginx")
    for value in (7.5, 8.0, 7.0):
        ours.add({"cpu_us": value, "rss": 1234})
        theirs.add({"cpu_us": value / 2}, noise="60% cc1")
    result.leave_out("workerd", "it has no such thing")
    result.judge(False, "2.00 times nginx (bar 1.5)")
    result.judge(None, "in times of workerd (bar 1)")
    setting = {"rounds": 3, "seconds": 1, "quick": False, "commit": "abc"}
    return result.as_json("sample", "A sample\n\nWhat it is.", {"nginx": "1.2"}, 3, setting) | more


class Report(unittest.TestCase):
    def test_a_table_has_a_row_for_each_server(self):
        lines = report.table(sample()).splitlines()
        self.assertEqual(lines[0], "| | CPU us | RSS |")
        self.assertEqual(lines[2], "| **peko** | 7.50 (7.00 to 8.00) | 1,234 |")
        self.assertEqual(lines[3], "| nginx ~ | 3.75 (3.50 to 4.00) |  |")

    def test_a_rare_column_is_shown_where_it_is_not_zero(self):
        data = sample()
        data["columns"][1] |= {"rare": True}
        self.assertIn("RSS", report.table(data))
        data["rows"][0]["metrics"]["rss"]["values"] = [0, 0, 0]
        self.assertNotIn("RSS", report.table(data))

    def test_nobody_is_silently_absent(self):
        text = report.section(sample(), "images/sample.svg")
        self.assertIn("Not measured: workerd: it has no such thing", text)
        self.assertIn("~ nginx: other work in 3 of 3 rounds (60% cc1)", text)
        self.assertIn("FAIL: 2.00 times nginx (bar 1.5)", text)
        self.assertIn("NOT MEASURED: in times of workerd (bar 1)", text)
        self.assertTrue(text.startswith("### A sample\n\nWhat it is.\n\n64 connections."))
        self.assertTrue(text.endswith("![A sample](images/sample.svg)"))

    def test_the_ratio_is_that_of_medians(self):
        result = Result([], "")
        for name, value in (("a", 6), ("b", 3)):
            result.row(name).add({"cpu_us": value})
        self.assertEqual(result.ratio("cpu_us", "a", "b"), 2)
        self.assertIsNone(result.ratio("cpu_us", "a", "c"))

    def test_the_document_keeps_what_was_not_measured(self):
        text = "# T\n<!-- bench: a -->\nold a\n<!-- bench: end -->\nmiddle\n<!-- bench: b-2 -->\nold b\n<!-- bench: end -->\nend\n"
        changed = report.put_into(text, {"a": "new a"})
        self.assertEqual(changed, text.replace("old a", "new a"))
        self.assertEqual(report.put_into(changed, {"a": "new a"}), changed)
        self.assertEqual(report.missing_from(text, {"a": "", "c": ""}), ["c"])

    def test_a_document_with_empty_places_is_filled(self):
        text = "<!-- bench: a -->\n<!-- bench: end -->\n"
        self.assertEqual(report.put_into(text, {"a": "x"}), "<!-- bench: a -->\nx\n<!-- bench: end -->\n")


class Machine(unittest.TestCase):
    def setUp(self):
        self.addCleanup(two_cpus.cache_clear)
        self.addCleanup(noise.os.environ.pop, "BENCH_CPUS", None)
        two_cpus.cache_clear()

    def test_wrong_cpus_are_told(self):
        for wrong in ("0", "x,y", "0,0", "0,99999"):
            noise.os.environ["BENCH_CPUS"] = wrong
            with self.assertRaisesRegex(Missing, "two different ones"):
                two_cpus()


class Cases(unittest.TestCase):
    """Each case can be loaded and says what it is."""

    def test_all_have_a_title_and_a_run(self):
        import importlib

        folder = Path(__file__).resolve().parents[1] / "cases"
        names = [file.stem for file in folder.glob("*.py")]
        self.assertIn("hello", names)
        for name in names:
            case = importlib.import_module(f"cases.{name}")
            self.assertTrue(callable(case.run), name)
            title, _, text = case.__doc__.strip().partition("\n\n")
            self.assertLess(len(title.splitlines()), 2, name)
            self.assertTrue(text, f"{name} does not say what it measures")


class Plot(unittest.TestCase):
    def test_a_result_is_drawn(self):
        try:
            from rig import plot
        except ModuleNotFoundError:
            self.skipTest("no matplotlib here: scripts/setup.sh bench installs it for the system's Python")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "a.svg"
            columns = [{"key": "cpu_us", "label": "CPU us", "digits": 2, "better": "lower", "spread": True, "plot": True}]
            self.assertTrue(plot.draw(sample(columns=columns), file))
            self.assertIn("CPU us (less is better)", file.read_text())
            self.assertIn(noise.Path("/proc/cpuinfo").exists() and sample()["machine"]["cpu"], file.read_text())
            self.assertFalse(plot.draw(sample(columns=[columns[0] | {"plot": False}]), file))


if __name__ == "__main__":
    unittest.main()
