"""The commands of the pages for beginners, run as they stand there.

A block marked `sh` is run in the page's folder and must succeed; one marked `sh server` goes on until the page ends, and
the page goes on once it listens. Addresses of the page become those of ports that are free here.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

from harness import CACHE, PEKO, ROOT, environment, main, temporary_folder, until

BLOCK = re.compile(r"^```sh( server)?\n(.*?)^```$", re.M | re.S)
FIVE_MINUTES = 300  # what a page promises; for one block here, downloads included


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Page:
    """A page that is being read by somebody who does what it says."""

    def __init__(self, name, test):
        self.blocks = BLOCK.findall((ROOT / "docs" / name).read_text())
        self.test = test
        self.folder = temporary_folder()
        (self.folder / "bin").mkdir()
        os.symlink(pathlib.Path(PEKO).resolve(), self.folder / "bin/peko")
        self.ports = {"3000": free_port(), "8080": free_port()}
        self.variables = environment(PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}", PEKO_CACHE_DIR=str(CACHE),
                                     PEKO_LISTEN=f"127.0.0.1:{self.ports['3000']}", PWD_FILE=str(self.folder / "pwd"))
        (self.folder / "pwd").write_text(str(self.folder))

    def here(self, commands):
        """With the ports of this run."""
        for known, port in self.ports.items():
            commands = commands.replace(f":{known}", f":{port}")
        return commands

    def work(self):
        for server, commands in self.blocks:
            (self.serve if server else self.run)(self.here(commands))

    def run(self, commands):
        # curl -f: an error status is a failure; --retry: 503 is none, as a reader waits until the first build is done.
        curl = 'curl() { command curl -fsS --retry 60 --retry-delay 2 "$@"; }'
        # The next block begins in the folder where this one ends.
        script = f'set -eu\n{curl}\ncd "$(cat "$PWD_FILE")"\n{commands}\npwd >"$PWD_FILE"\n'
        done = subprocess.run(["bash", "-c", script], env=self.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=FIVE_MINUTES)
        self.test.assertEqual(done.returncode, 0, f"{commands}\n{done.stdout}")

    def serve(self, commands):
        folder = (self.folder / "pwd").read_text().strip()
        log = open(self.folder / "server.log", "ab")
        server = subprocess.Popen(["bash", "-c", f"exec {commands.strip()}"], cwd=folder, env=self.variables, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log)
        log.close()

        def stop():
            server.terminate()
            server.wait(60)

        self.test.addCleanup(stop)
        port = next((port for port in self.ports.values() if f":{port}" in commands), self.ports["3000"])
        up = until(lambda: server.poll() is not None or answers(port), FIVE_MINUTES)
        self.test.assertTrue(up and server.poll() is None, (self.folder / "server.log").read_text(errors="replace"))


class Pages(unittest.TestCase):
    def check(self, name):
        page = Page(name, self)
        self.assertGreater(len(page.blocks), 5, "the page has commands")
        page.work()

    @unittest.skipUnless(shutil.which("cargo") and shutil.which("rustup"), "rustup is not installed")
    def test_getting_started_rust(self):
        self.check("getting-started-rust.md")

    @unittest.skipUnless(shutil.which("npm"), "npm is not installed")
    def test_getting_started_typescript(self):
        self.check("getting-started-typescript.md")

    def test_links_of_all_pages_lead_somewhere(self):
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
            for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", page.read_text()):
                if target:
                    self.assertTrue((page.parent / target).exists(), f"{page.name} links to {target}")


if __name__ == "__main__":
    main()
