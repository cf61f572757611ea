"""The samples, served as `make run` serves them, pass their own tests. A sample that was not built is a failure."""

import os
import subprocess
import sys
import tomllib
import unittest

from harness import ROOT, Server, environment, main

SAMPLES = ROOT / "samples"
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/peko.toml"))


class Samples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("dev", SAMPLES)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_there_are_the_four_that_the_readme_promises(self):
        self.assertLessEqual({"rest-api", "image-resize", "ssr", "hello-c"}, set(NAMES))

    def test_each_was_built_and_passes_its_own_test(self):
        for name in NAMES:
            with self.subTest(name):
                manifest = tomllib.loads((SAMPLES / name / "peko.toml").read_text())
                self.assertEqual(manifest["name"], name)
                self.assertTrue((SAMPLES / name / manifest["component"]).is_file(), f"{name} was not built: make build")
                done = subprocess.run([sys.executable, SAMPLES / name / "test.py"], capture_output=True, text=True,
                                      timeout=300, check=False,
                                      env=environment(PEKO_URL=f"http://127.0.0.1:{self.server.port}", PYTHONDONTWRITEBYTECODE="1"))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertNotIn("Ran 0 tests", done.stderr)

    def test_curl_gets_what_the_issue_shows(self):
        for name, target, kind in (("rest-api", "/todos", "application/json"), ("ssr", "/", "text/html"),
                                   ("image-resize", "/?w=200", "image/jpeg"),
                                   ("hello-c", "/", "text/plain")):
            url = f"http://{name}.localhost:{self.server.port}{target}"
            done = subprocess.run(["curl", "-sSf", "-m", "60", "-o", os.devnull, "-w", "%{content_type}", url],
                                  capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, (url, done.stderr))
            self.assertTrue(done.stdout.startswith(kind), (url, done.stdout))


if __name__ == "__main__":
    main()
