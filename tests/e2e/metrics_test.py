"""The metrics page, the admin listener and what a stuck log reader costs: all counted, nobody delayed."""

import json
import pathlib
import re
import shutil
import subprocess
import threading
import time
import unittest

from client import Broken, chunk, head
from harness import ROOT, SANITIZED, Case, Server, main, store, until

RULES = ROOT / "deploy/prometheus/peko-alerts.yml"
OPERATING = ROOT / "docs/operating.md"
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
SERIES = re.compile(rf'([a-z_]+)(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\+Inf|-?[0-9.e+-]+)')
LABELS = {"function", "status_class", "le", "reason", "phase", "limit", "code", "state", "kind", "loop", "version", "engine"}
TOKEN = "0123456789abcdef-token"


def parse(page):
    """The exposition format, strictly: {metric: (kind, {labels as a tuple: value})}."""
    assert page.endswith("\n")
    metrics, name = {}, None
    for line in page.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in metrics, f"{name} is there twice"
            assert len(line.split(" ", 3)[3]) > 5, line
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == name and name not in metrics, line
            metrics[name] = (line.split(" ")[3], {})
        else:
            match = SERIES.fullmatch(line)
            assert match, line
            kind, series = metrics[name]
            allowed = {name} if kind != "histogram" else {f"{name}_{end}" for end in ("bucket", "sum", "count")}
            assert match[1] in allowed, line
            labels = re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', match[2] or "")
            assert {label for label, _ in labels} <= LABELS, line
            key = (match[1], *labels)
            assert key not in series, f"{line} is there twice"
            series[key] = float(match[3])
    return metrics


def check_histogram(name, series):
    buckets, counts = {}, {}
    for (metric, *labels), value in series.items():
        others = tuple(label for label in labels if label[0] != "le")
        if metric == f"{name}_bucket":
            buckets.setdefault(others, []).append((float(dict(labels)["le"]), value))
        elif metric == f"{name}_count":
            counts[others] = value
    assert buckets.keys() == counts.keys()
    for others, pairs in buckets.items():
        assert [bound for bound, _ in pairs] == sorted(bound for bound, _ in pairs)
        assert [count for _, count in pairs] == sorted(count for _, count in pairs)
        assert pairs[-1] == (float("inf"), counts[others])


class Metrics(Case):
    FUNCTIONS = {
        "hello": "", "echo": "[limits]\nrequest_body_mb = 1\n", "spin": "[limits]\ncpu_ms = 30\n", "sleep": "[limits]\nwall_ms = 100\n",
        "memgrow": "[limits]\nmemory_mb = 8\n", "stack": "", "noresp": "", "logger": "[limits]\nlog_kb = 1\n",
        "headers": "[limits]\nuri_bytes = 100\nrequest_headers_kb = 1\n", "once": ("hello", "[instances]\nreuse = \"never\"\n"),
    }
    FLAGS = ("--threads", "2", "--log", "json")

    def delta(self, act):
        """What `act` adds to the metrics page."""
        before = self.server.metrics()
        act()
        after = self.server.metrics()
        return {series: value - before.get(series, 0) for series, value in after.items() if value != before.get(series, 0)}

    def test_requests_are_counted_by_function_and_status_class(self):
        def act():
            with self.server.connect() as connection:
                for _ in range(100):
                    connection.get("hello.localhost")
            for _ in range(3):
                self.ask("noresp")
            for i in range(50):  # whatever a client asks for makes no series
                self.ask(f"no-such-function-{i}", f"/{i}")
            with self.server.connect() as connection:
                connection.send(b"nonsense\r\n\r\n")
                connection.read_response()

        added = self.delta(act)
        requests = {series: value for series, value in added.items() if series.startswith("peko_requests_total")}
        self.assertEqual(requests, {
            'peko_requests_total{function="hello",status_class="2xx"}': 100,
            'peko_requests_total{function="noresp",status_class="5xx"}': 3,
            'peko_requests_total{function="",status_class="4xx"}': 51,
        })
        self.assertEqual(added['peko_request_seconds_count{function="hello"}'], 100)
        self.assertEqual(added['peko_request_seconds_bucket{function="hello",le="+Inf"}'], 100)
        self.assertGreater(added['peko_request_seconds_sum{function="hello"}'], 0)
        self.assertGreater(added['peko_guest_cpu_seconds_total{function="hello"}'], 0)
        self.assertEqual(added['peko_faults_total{function="noresp",code="PEKO-NO-RESPONSE"}'], 3)
        self.assertEqual(added['peko_faults_total{function="",code="PEKO-NO-FUNCTION"}'], 50)
        self.assertEqual(added['peko_faults_total{function="",code="PEKO-BAD-REQUEST"}'], 1)

    def test_every_limit_is_counted_and_says_used_limit_and_setting(self):
        def upload():
            with self.server.connect() as connection:
                connection.send(head("POST", "echo.localhost", "/", (), "chunked"))
                try:
                    for _ in range(40):
                        connection.send(chunk(b"x" * 65536))
                    connection.read_response()
                except (Broken, OSError):
                    pass

        hits = [
            ("spin", "cpu_ms", lambda: self.ask("spin"), "PEKO-CPU"),
            ("sleep", "wall_ms", lambda: self.ask("sleep", "/20000"), "PEKO-WALL"),
            ("memgrow", "memory_mb", lambda: self.ask("memgrow", "/trap"), "PEKO-MEMORY"),
            ("stack", "stack_kb", lambda: self.ask("stack"), "PEKO-STACK"),
            ("headers", "uri_bytes", lambda: self.ask("headers", "/" + "a" * 200), "PEKO-URI"),
            ("headers", "request_headers_kb", lambda: self.ask("headers", fields=[("x", "y" * 1100)]), "PEKO-HEADERS"),
            ("echo", "request_body_mb", lambda: self.ask("echo", "/", "POST", body=b"x" * 2_000_000), "PEKO-BODY"),
            ("echo", "request_body_mb", upload, "PEKO-BODY"),
            ("", "uri_bytes", lambda: self.ask("hello", "/" + "a" * 9000), "PEKO-URI"),
            ("", "request_headers_kb", lambda: self.ask("hello", fields=[("x", "y")] * 250), "PEKO-HEADERS"),
            ("logger", "log_kb", lambda: self.ask("logger", "/" + "x" * 1500), None),
        ]
        for function, limit, act, code in hits:
            with self.subTest(function=function, limit=limit):
                seen = len(self.server.entries())
                added = self.delta(act)
                self.assertEqual(added.get(f'peko_limit_hits_total{{function="{function}",limit="{limit}"}}'), 1, added)
                if code:
                    entry = until(lambda: [e for e in self.server.entries()[seen:] if e.get("code") == code])[0]
                    self.assertEqual(entry["setting"], limit)
                    self.assertRegex(entry["detail"], r"used (more than )?[\d.]+ (bytes|KiB|MiB|ms)")

    def test_cold_starts_are_counted_by_reason_and_warm_instances_shown(self):
        def ask_three_times():
            for _ in range(3):
                self.ask("once")

        added = self.delta(ask_three_times)
        cold = {series: value for series, value in added.items() if series.startswith("peko_cold_starts_total")}
        self.assertEqual(sum(cold.values()), 3, cold)
        self.assertGreaterEqual(cold['peko_cold_starts_total{function="once",reason="not-reusable"}'], 1)
        self.assertEqual(added['peko_cold_start_seconds_count{phase="instantiate"}'], 3)
        self.ask("hello")
        warm = 'peko_warm_instances{function="hello"}'
        self.assertTrue(until(lambda: self.server.metrics()[warm] >= 1), self.server.metrics()[warm])
        self.assertEqual(self.server.metrics()['peko_warm_instances{function="once"}'], 0)

    def test_the_page_is_what_prometheus_reads(self):
        self.ask("hello")
        response = self.server.admin("/metrics")
        self.assertEqual(response["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        page = response.body.decode()
        metrics = parse(page)
        functions = {dict(labels).get("function", "") for _, series in metrics.values() for _, *labels in series}
        self.assertLessEqual(functions, {*self.FUNCTIONS, ""})
        for name, (kind, series) in metrics.items():
            self.assertEqual(kind == "counter", name.endswith("_total"), name)
            if kind == "histogram":
                check_histogram(name, series)
        documented = set(re.findall(r"^\| `((?:peko|process)_[a-z_]+)", OPERATING.read_text(), re.M))
        self.assertEqual(documented, metrics.keys(), "docs/operating.md has a row for each metric")
        if promtool := shutil.which("promtool"):
            done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    def test_alert_rules_ask_for_metrics_that_exist(self):
        metrics = parse(self.server.admin("/metrics").body.decode())
        histograms = [name for name, (kind, _) in metrics.items() if kind == "histogram"]
        known = {*metrics, *(f"{name}_{end}" for name in histograms for end in ("bucket", "sum", "count"))}
        expressions = re.findall(r"^ +expr: (.+?)^ +(?:for|labels):", RULES.read_text(), re.M | re.S)
        self.assertGreaterEqual(len(expressions), 6)
        for expression in expressions:
            names = re.findall(r"\bpeko_[a-z_]+", expression)
            self.assertTrue(names or "up{" in expression, expression)
            self.assertLessEqual(set(names), known, expression)
        if promtool := shutil.which("promtool"):
            for arguments in (("check", "rules", RULES), ("test", "rules", RULES.with_name("peko-alerts_test.yml"))):
                done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_functions_are_listed(self):
        self.ask("hello")
        response = self.server.admin("/api/functions")
        self.assertEqual(response["content-type"], "application/json")
        listed = {entry["name"]: entry for entry in json.loads(response.body)["functions"]}
        self.assertEqual(listed.keys(), self.FUNCTIONS.keys())
        self.assertEqual(listed["hello"]["state"], "loaded")
        self.assertGreaterEqual(listed["hello"]["requests"], 1)

    def test_guests_that_spin_do_not_delay_the_operator(self):
        threads = [threading.Thread(target=lambda: [self.ask("spin") for _ in range(10)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        asked = 0
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(self.server.admin("/healthz/live").status, 200)
            asked += 1
        for thread in threads:
            thread.join()
        self.assertGreater(asked, 10)
        self.assertGreater(self.server.metrics()["peko_loop_lag_seconds_count"], 0)


class Life(unittest.TestCase):
    def test_ready_ends_with_draining_and_the_page_stays(self):
        server = Server("serve", "--code", store({"sleep": ""}), "--threads", "1", "--log", "json")
        self.assertTrue(until(lambda: server.admin("/healthz/ready").status == 200))
        with server.connect() as connection:
            connection.request("GET", "sleep.localhost", "/3000")
            self.assertTrue(until(lambda: server.metrics()["peko_requests_in_flight"] == 1))
            server.signal()
            self.assertTrue(until(lambda: server.admin("/healthz/ready").status == 503))
            self.assertEqual(server.admin("/healthz/live").status, 200)
            self.assertEqual(server.metrics()["peko_ready"], 0)
            self.assertEqual(connection.read_response().status, 200)
        self.assertEqual(server.wait(), 0)

    def test_the_token_guards_all_but_health_and_is_told_to_nobody(self):
        server = Server("serve", "--code", store({"hello": ""}), "--log", "json", env={"PEKO_ADMIN_TOKEN": TOKEN})
        self.assertEqual(server.admin("/healthz/live").status, 200)
        self.assertEqual(server.admin("/metrics").status, 401)
        self.assertEqual(server.admin("/api/functions", fields=[("authorization", "Bearer " + TOKEN[:-1])]).status, 401)
        self.assertEqual(server.admin("/metrics", fields=[("authorization", f"Bearer {TOKEN}")]).status, 200)
        self.assertNotIn(TOKEN.encode(), pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes())
        server.stop()
        self.assertNotIn(TOKEN, "\n".join(server.lines))

    def test_dev_has_it_when_told(self):
        store_folder = store({"hello": ""})
        server = Server("dev", store_folder / "functions/hello.wasm")
        self.assertEqual(server.admin("/metrics").status, 200)
        server.stop()


class ThousandFunctions(unittest.TestCase):
    def test_a_page_of_a_thousand_functions_is_cheap(self):
        server = Server("serve", "--code", store({f"function-{i}": ("hello", "") for i in range(1000)}), "--threads", "2", "--log", "off")
        with server.connect() as connection:
            for i in range(1000):
                self.assertEqual(connection.get(f"function-{i}.localhost").status, 200)

        def timed(act):
            begin = time.perf_counter()
            act()
            return time.perf_counter() - begin

        page = server.admin("/metrics").body.decode()
        metrics = parse(page)
        self.assertEqual(len(metrics["peko_requests_total"][1]), 1000)
        scrape = min(timed(lambda: server.admin("/metrics")) for _ in range(10))
        reading = min(timed(lambda: parse(page)) for _ in range(3))
        print(f"\n{len(page.splitlines())} lines, {len(page) >> 10} KiB: {scrape * 1000:.1f} ms with the transfer; "
              f"Python reads them in {reading * 1000:.1f} ms")
        if not SANITIZED:
            self.assertLess(scrape, reading / 10)
        server.stop()


class Stuck(Server):
    """A server whose log nobody reads from some time on."""

    def __init__(self, *arguments, **options):
        self.reading = threading.Event()
        self.reading.set()
        super().__init__(*arguments, **options)

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
            self.reading.wait()


class SlowLogReader(unittest.TestCase):
    def test_costs_lines_and_never_a_request(self):
        server = Stuck("serve", "--code", store({"logger": ""}), "--threads", "1", "--log", "json")
        self.assertEqual(server.metrics()["peko_log_dropped_lines_total"], 0)
        server.reading.clear()
        with server.connect() as connection:
            for _ in range(3000):  # 3,000 times 7 KiB in two lines each: more than the queue holds
                self.assertEqual(connection.get("logger.localhost", "/" + "x" * 7000).status, 200)
        dropped = server.metrics()["peko_log_dropped_lines_total"]
        self.assertGreater(dropped, 0)
        server.reading.set()
        self.assertTrue(server.wait_line(lambda line: "log lines were dropped" in line))
        server.stop()


if __name__ == "__main__":
    main()
