"""`peko dev` on this project, for the tests: with a port and a data folder of its own. PEKO_BIN names the program, otherwise
the one in PATH is taken. With PEKO_URL the tests ask the server at that address instead."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse

PROJECT = pathlib.Path(__file__).resolve().parent
START_SECONDS = 120  # a build may come first


class PekoDev:
    """Answers at `host` and `port` once it is made. is_foreign: it is not ours, and cannot be started again."""

    def __init__(self):
        self.is_foreign = "PEKO_URL" in os.environ
        if self.is_foreign:
            url = urllib.parse.urlsplit(os.environ["PEKO_URL"])
            self.host, self.port = url.hostname, url.port or 80
        else:
            self.folder = tempfile.TemporaryDirectory(prefix="peko-test-")
            self.start()

    def start(self):
        program = shutil.which(os.environ.get("PEKO_BIN", "peko"))
        if program is None:
            raise RuntimeError("there is no peko: put it into PATH, or its file name into PEKO_BIN")
        flags = ["--no-watch", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        output = pathlib.Path(self.folder.name) / "output"
        with output.open("w") as file:
            self.process = subprocess.Popen([os.path.abspath(program), "dev", PROJECT, *flags], cwd=self.folder.name,
                                            stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        deadline = time.monotonic() + START_SECONDS
        while not (found := re.search(r"http://[a-z][^\s/]*:(\d+)/", output.read_text())):
            if self.process.poll() is not None:
                raise RuntimeError(f"peko dev ended before it served:\n{output.read_text()}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(f"peko dev does not serve after {START_SECONDS} s:\n{output.read_text()}")
            time.sleep(0.05)
        self.host, self.port = "127.0.0.1", int(found[1])

    def end(self):
        self.process.terminate()
        self.process.wait()

    def restart(self):
        self.end()
        self.start()

    def stop(self):
        if not self.is_foreign:
            self.end()
            self.folder.cleanup()
