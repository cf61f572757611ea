"""The samples pass their own tests, each by its own command on a `peko dev` of its own, and are served together as `make run` serves
them. A sample that was not built is a failure."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import unittest

from harness import CACHE, PEKO, ROOT, Server, environment, main
from terminal import LISTING, served_samples, usual

SAMPLES = ROOT / "samples"
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/peko.toml"))
FRONT = {"hello-c": ("/", "text/plain"), "hono-api": ("/", "application/json"), "image-resize": ("/?w=200", "image/jpeg"),
         "rest-api": ("/todos", "application/json"), "rest-api-ts": ("/todos", "application/json"), "ssr": ("/", "text/html"),
         "ssr-component": ("/", "text/html")}  # proxy-cache has nothing of its own to show


def run_in(folder, *command, **more):
    """Runs a command as somebody would who is in that folder, with peko installed."""
    known = environment(PEKO_BIN=str(pathlib.Path(PEKO).resolve()), PEKO_CACHE_DIR=str(CACHE), PYTHONDONTWRITEBYTECODE="1", **more)
    return subprocess.run(command, cwd=folder, env=known, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300,
                          check=False)


class Alone(unittest.TestCase):
    def passes(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, r"(?m)^(# pass|ℹ pass|Ran) [1-9]")

    def test_each_was_built_and_passes_its_own_test(self):
        for name in NAMES:
            folder = SAMPLES / name
            with self.subTest(name):
                manifest = tomllib.loads((folder / "peko.toml").read_text())
                self.assertEqual(manifest["name"], name)
                self.assertTrue((folder / manifest.get("component", "node_modules")).exists(),
                                f"{name} was not built: scripts/build-samples.sh {name}")
                package = folder / "package.json"
                if package.exists() and "test" in json.loads(package.read_text())["scripts"]:
                    self.passes(run_in(folder, "npm", "test", "--silent"))
                elif (folder / "test.py").exists():
                    self.passes(run_in(folder, sys.executable, "test.py"))
                else:
                    self.assertEqual(name, "ssr-component", "a sample has a test")

    def test_the_site_is_the_same_as_a_component(self):
        server = Server("dev", SAMPLES / "ssr-component")
        self.addCleanup(server.stop)
        tests = sorted((SAMPLES / "ssr/test").glob("*.test.mjs"))
        self.passes(run_in(SAMPLES / "ssr", "node", "--test", *tests, PEKO_URL=f"http://127.0.0.1:{server.port}"))


class Together(unittest.TestCase):
    def test_each_answers_at_its_host(self):
        server = Server("dev", SAMPLES)
        self.addCleanup(server.stop)
        self.assertEqual({*FRONT, "proxy-cache"}, set(NAMES))
        for name, (target, kind) in FRONT.items():
            url = f"http://{name}.localhost:{server.port}{target}"
            done = subprocess.run(["curl", "-sSf", "-m", "60", "-o", os.devnull, "-w", "%{content_type}", url],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, (url, done.stderr))
            self.assertTrue(done.stdout.startswith(kind), (url, done.stdout))

    def test_the_listing_in_the_readme_is_what_peko_dev_shows(self):
        kept, now = LISTING.search((ROOT / "README.md").read_text()).group(), served_samples()
        self.assertEqual(built(usual(kept)), built(usual(now)), "README.md is old, run `make docs`")


def built(listing):
    """Whether a sample is built, compiled or neither depends on what was done before, and when."""
    return re.sub(r"^(  \+ \S+ +)(?:from the cache|(?:built|compiled) in 12 ms)(?:, (?:from the cache|compiled in 12 ms))?$",
                  r"\1built", listing, flags=re.M)


if __name__ == "__main__":
    main()
