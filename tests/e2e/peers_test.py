"""Samples that people know from other platforms pass the same test file on workerd, the runtime of Cloudflare Workers, as on Peko
(samples_test). What is run is the bundle that `peko build` made."""

import json
import os
import subprocess
import tomllib
import unittest

from harness import PATIENCE, ROOT, environment, main, run

PEERS = ROOT / "tests/peers"
NODE_MINIMUM = (20, 19)  # miniflare's undici asks for it; Peko itself is built with an older one, too


def node_version():
    return subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")


class Workerd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        version = node_version()
        if tuple(map(int, version.split(".")[:2])) < NODE_MINIMUM:
            raise unittest.SkipTest(f"workerd's miniflare needs Node.js 20.19 or later, and this is {version}")

    def serve(self, project, manifest):
        """Starts workerd on the project's bundle: its URL."""
        wanted = json.dumps({key: manifest[key] for key in ("name", "env", "assets") if key in manifest})
        process = subprocess.Popen(["node", PEERS / "workerd.mjs", project, wanted], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait, PATIENCE)
        for pipe in (process.stderr, process.stdout, process.stdin):  # workerd ends when its stdin does
            self.addCleanup(pipe.close)
        url = process.stdout.readline().strip()
        self.assertTrue(url, "workerd did not start")
        return url

    def passes_its_own_test(self, name):
        assert (PEERS / "node_modules").is_dir(), "run tests/peers/install.sh first"
        project = ROOT / "samples" / name
        status, _, err = run("build", project)
        self.assertEqual(status, 0, err)
        url = self.serve(project, tomllib.loads((project / "peko.toml").read_text()))
        done = subprocess.run(["node", "--test", "--test-reporter", "tap", *sorted((project / "test").glob("*.test.mjs"))],
                              capture_output=True, text=True, timeout=300, check=False, env=environment(PEKO_URL=url))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"# pass [1-9]")

    def test_the_hono_sample(self):
        self.passes_its_own_test("hono-api")

    def test_the_sample_without_a_framework(self):
        self.passes_its_own_test("rest-api-ts")

    def test_the_preact_sample(self):
        self.passes_its_own_test("ssr")


if __name__ == "__main__":
    main()
