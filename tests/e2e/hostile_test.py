"""Hostile guests end as documented, one by one and in masses; the process lives on and its memory comes back."""

import os
import pathlib
import queue
import re
import threading
import time

import hostile
from harness import SANITIZED, Case, main, until

RUNS = 10_000 if os.environ.get("PEKO_E2E_FULL") else 1_500
# After ten times the table every buffer and cache has the size that it keeps.
WARM_UP = 1_500
CLIENTS = 8
# What 1,500 runs may leave resident: what allocators keep, once each thread has seen the worst.
LEFT_BYTES = 24 << 20


class Hostile(Case):
    maxDiff = None
    FUNCTIONS = {"hello": "", "books": ("hello", f'[env]\nBOOK = "{"e" * 1_000_000}"\n'), **hostile.FUNCTIONS}

    def test_the_table_has_every_behaviour_of_the_guests(self):
        sources = pathlib.Path(__file__).resolve().parent.parent / "guests" / "hostile"
        for family, ends in hostile.ENDS.items():
            source = (sources / f"{family}.c").read_text()
            names = re.findall(r'^    \{"([a-z0-9-]+)", ', source, re.M)
            names += [f"{verb}-{kind}" for kind in re.findall(r'^    BOTH\("([a-z]+)"', source, re.M) for verb in ("leak", "keep")]
            self.assertEqual(sorted(names), sorted(ends), family)

    def test_each_ends_as_documented(self):
        for attack in hostile.ATTACKS:
            with self.subTest(attack=attack):
                shown, identity = attack.make(self.server)
                entry = self.server.log("request", id=identity)
                code = entry.get("code")
                end = shown if not code or shown.endswith(code) else f"{shown} {code}" if shown == "broken" else f"{shown} then {code}"
                self.assertIn(end, attack.ends, entry.get("detail"))
                if attack.name.startswith("keep-"):
                    self.assertEqual(self.log_of(self.ask(attack.function, "/keep-fields"))["reason"], "not-reusable")
        self.assert_serves()

    def test_no_injected_field_reaches_the_client(self):
        for name in hostile.ENDS["response"]:
            if "crlf" in name or "lf-" in name or "trailers" in name:
                with self.server.connect() as connection:
                    connection.request("GET", "response.localhost", f"/{name}", [("connection", "close")])
                    self.assertNotIn(b"stolen", connection.rest(), name)
                    self.assertNotIn(b"HTTP/1.1 200 OK", connection.rest()[1:], name)

    def test_no_guest_can_write_to_the_terminal_or_forge_a_log_line(self):
        response = self.ask("host", "/log-not-text")
        self.server.log("request", id=response["peko-request-id"])
        lines = [line for line in self.server.lines if "owned" in line]
        self.assertTrue(lines)
        for line in lines:
            self.assertNotRegex(line, r"[\x00-\x1f\x7f]")

    def test_a_flood_of_log_lines_is_cut(self):
        for name in ("log-flood", "log-empty-lines"):
            response = self.ask("host", f"/{name}")
            self.server.log("request", id=response["peko-request-id"])
            written = sum(len(line) for line in self.server.lines if response["peko-request-id"] in line)
            self.assertLess(written, 8 * (8 << 10), f"{name}: some 8 times log_kb, with what a line has around it")

    def test_an_environment_of_a_megabyte_is_refused_by_name(self):
        self.assert_fault(self.ask("books"), 500, "PEKO-BAD-COMPONENT")
        self.assertTrue(self.server.wait_line(lambda line: "books.toml" in line and "[env] has 1000004 bytes" in line, 5))

    def test_memory_comes_back_after_masses_of_them(self):
        self.rounds(WARM_UP)
        base = self.settled()
        wrong = self.rounds(RUNS)
        self.assertEqual(wrong, [])
        self.assert_serves()
        self.assertEqual([entry for entry in self.server.entries() if entry.get("code") == "PEKO-INTERNAL"], [])
        after = self.settled()
        print(f"{RUNS} hostile requests: resident {base >> 20} MiB before, {after >> 20} MiB after")
        if not SANITIZED:
            self.assertLess(after, base + LEFT_BYTES)

    def rounds(self, count):
        """That many attacks in the order of the table, by several clients; those that ended otherwise than they may."""
        work, wrong = queue.SimpleQueue(), []
        for number in range(count):
            work.put(hostile.ATTACKS[number % len(hostile.ATTACKS)])

        def attack():
            while True:
                try:
                    each = work.get_nowait()
                except queue.Empty:
                    return
                shown, identity = each.make(self.server)
                if not each.is_expected(shown):
                    wrong.append((each, shown, identity))

        clients = [threading.Thread(target=attack) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return wrong

    def settled(self):
        """Resident bytes once they do not fall any more: instances are freed beside the loop."""
        least, since = self.server.rss(), time.monotonic()

        def rests():
            nonlocal least, since
            if (now := self.server.rss()) < least:
                least, since = now, time.monotonic()
            return time.monotonic() - since > 3  # idle instances go after a second

        self.assertTrue(until(rests))
        return least


if __name__ == "__main__":
    main()
