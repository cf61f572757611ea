"""Functions that work only once just work: their requests go to fresh instances, and soon nothing else is tried."""

import pathlib
import subprocess

from harness import GUESTS, ROOT, Case, main

FETCH_EVENT = pathlib.Path(__file__).resolve().parents[1] / "guests" / "fetch-event.js"
COMPONENTIZE = """
import { renameSync, writeFileSync } from 'node:fs';
import { componentize } from '@bytecodealliance/componentize-js';
const [source, out] = process.argv.slice(1);
const { component } = await componentize({ sourcePath: source, witPath: 'wit', worldName: 'guest' });
writeFileSync(`${out}.new`, component);
renameSync(`${out}.new`, out);
"""

MISFITS = 3  # then reuse is given up


def build_fetch_event():
    """Builds the guest by the tools of the ssr-component sample, which `make build` installs."""
    out, tools = GUESTS / "fetch-event.wasm", ROOT / "samples" / "ssr-component"
    assert (tools / "node_modules").is_dir(), "run scripts/build-samples.sh ssr-component first"
    if not out.exists() or out.stat().st_mtime < FETCH_EVENT.stat().st_mtime:
        subprocess.run(["node", "--input-type=module", "-e", COMPONENTIZE, "--", FETCH_EVENT, out], cwd=tools, check=True)


class FetchEvent(Case):
    """JavaScript in the style of a service worker, as componentize-js makes it."""

    FUNCTIONS = {"fetch-event": ""}

    @classmethod
    def setUpClass(cls):
        build_fetch_event()
        super().setUpClass()

    def test_every_request_is_answered(self):
        for number in range(8):
            body = b"body %d" % number
            response = self.ask("fetch-event", "/", "POST", body=body) if number % 2 else self.ask("fetch-event")
            self.assertEqual(response.status, 200, response)
            self.assertEqual(response.body, b"POST 1 " + body if number % 2 else b"GET 1 ")


class Reuse(Case):
    FUNCTIONS = {"hello": "", "counter": "", "once": ("oneshot", ""), "traps": ("oneshot", ""), "posts": ("oneshot", ""),
                 "mixed": ("oneshot", ""), "exits": ("exit", ""), "never": ("counter", '[instances]\nreuse = "never"\n')}

    def warnings(self, name):
        return [line for line in list(self.server.lines) if f"function {name}: its instances serve one request only" in line]

    def logs_of(self, ask, count):
        responses = [ask(number) for number in range(count)]
        self.assertEqual([response.status for response in responses], [200] * count, responses)
        return responses, [self.log_of(response) for response in responses]

    def assert_given_up(self, name, logs):
        """The second request found a used instance and was tried again; after three of those nobody tries any more."""
        retried = [entry.get("retried", False) for entry in logs]
        self.assertEqual(sum(retried), MISFITS, retried)
        self.assertEqual([entry["reason"] for entry in logs if entry.get("retried")], ["not-reusable"] * MISFITS)
        self.assertTrue(all(entry["cold"] for entry in logs), "no request was answered by a used instance")
        self.assertFalse(any(retried[-3:]))
        self.assertEqual(len(self.warnings(name)), 1, self.server.tail())

    def test_one_that_returns_without_a_response_at_its_second_call(self):
        responses, logs = self.logs_of(lambda number: self.ask("once"), 12)
        self.assertEqual({response.body for response in responses}, {b"once\n"})
        self.assert_given_up("once", logs)

    def test_one_that_traps_at_its_second_call(self):
        self.assert_given_up("traps", self.logs_of(lambda number: self.ask("traps", "/trap"), 12)[1])

    def test_a_body_is_still_there_for_the_second_try(self):
        body = b"0123456789" * 10_000
        responses, logs = self.logs_of(lambda number: self.ask("posts", "/echo", "POST", body=body + b"%d" % number), 12)
        self.assertEqual([response.body for response in responses], [body + b"%d" % number for number in range(12)])
        self.assert_given_up("posts", logs)

    def test_one_that_fails_on_some_requests_only_is_reused(self):
        for _ in range(10):
            self.assertEqual(self.ask("mixed", "/good").status, 200)
            response = self.ask("mixed", "/bad")
            self.assert_fault(response, 500, "PEKO-TRAP")
            self.assertTrue(self.log_of(response)["retried"], "it was tried on a fresh instance too, and failed there")
        first = self.ask("mixed", "/good")
        again = self.ask("mixed", "/good")
        self.assertFalse(self.log_of(again)["cold"], first)
        self.assertEqual(self.warnings("mixed"), [])

    def test_one_that_fails_on_a_fresh_instance_is_not_tried_twice(self):
        for _ in range(5):
            response = self.ask("exits")
            self.assert_fault(response, 500, "PEKO-EXIT")
            self.assertNotIn("retried", self.log_of(response))
        self.assertEqual(self.warnings("exits"), [])

    def test_others_are_reused(self):
        counts = [self.ask("counter").body.split(b"\n")[0] for _ in range(3)]
        self.assertEqual(counts, [b"served: 1", b"served: 2", b"served: 3"])
        for _ in range(3):
            self.assertTrue(self.ask("never").body.startswith(b"served: 1\n"))


if __name__ == "__main__":
    main()
