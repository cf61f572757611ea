"""Starts the real binary for a test and asks it things.

Environment: PEKO_BIN names the binary, PEKO_GUESTS the folder of guests (default build/guests), PEKO_E2E_CACHE a folder
of compiled functions that all tests share (default: a new one), PEKO_SANITIZER what the binary was built with.
"""

import atexit
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from client import Connection

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEKO = os.environ.get("PEKO_BIN", str(ROOT / "build/dev/peko"))
GUESTS = pathlib.Path(os.environ.get("PEKO_GUESTS", ROOT / "build/guests"))
SANITIZER = os.environ.get("PEKO_SANITIZER", "")
SANITIZED = bool(SANITIZER)
PATIENCE = 180 if SANITIZED else 60  # seconds, for what must happen; never asserted
READY = re.compile(r"(?:listening on |http://[a-z])[^\s/]+:(\d+)")  # serve's log line, dev's table; not the address of a store
ADMIN = re.compile(r"(?:admin at |^  inspector +http://)127\.0\.0\.1:(\d+)")  # likewise

_live = []


def temporary_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="peko-e2e-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


CACHE = pathlib.Path(os.environ.get("PEKO_E2E_CACHE") or temporary_folder())
DATA = temporary_folder()


def environment(**more):
    """The environment without settings of Peko, so that whoever runs the tests changes nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PEKO_")}
    kept["PEKO_ADMIN"] = "127.0.0.1:0"  # servers of several tests run at once
    kept["PEKO_DATA_DIR"] = str(DATA)
    if "thread" in SANITIZER:  # its own maps leave no address space for more
        kept["PEKO_INSTANCES"] = "256"
    return {**kept, **more}


def run(*arguments, cwd=None, env=None, user=None, timeout=PATIENCE):
    """Runs the binary to its end, as `user` when told to: (exit status, stdout, stderr)."""
    done = subprocess.run([PEKO, *map(str, arguments)], cwd=cwd, env=env or environment(), capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, user=user, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def until(condition, patience=PATIENCE):
    """Waits for a true value and returns it; the last value when patience ends."""
    end = time.monotonic() + patience
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return value


def guest(name):
    path = GUESTS / f"{name}.wasm"
    assert path.is_file(), f"{path} is missing: run tests/guests/build.sh"
    return path


def store(functions):
    """A code store. `functions`: name -> settings, or (guest, settings); settings are TOML or empty."""
    folder = temporary_folder()
    (folder / "functions").mkdir()
    for name, given in functions.items():
        source, settings = given if isinstance(given, tuple) else (name, given)
        shutil.copyfile(guest(source), folder / "functions" / f"{name}.wasm")
        if settings:
            (folder / "functions" / f"{name}.toml").write_text(settings)
    return folder


class Server:
    """A running `peko serve` or `peko dev`. `prefix`: a command that starts it, as prlimit; `ready=False` does not wait."""

    def __init__(self, *arguments, cache=None, env=None, cwd=None, listen="127.0.0.1:0", prefix=(), ready=True):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        self.lines, self.partial, self.changed = [], "", threading.Condition()
        command = [*prefix, PEKO, *map(str, arguments), "--listen", listen, "--cache-dir", str(cache or CACHE)]
        self.process = subprocess.Popen(command, cwd=cwd or temporary_folder(), env=environment(**(env or {})),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        _live.append(self)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if ready:
            self.wait_ready()

    def wait_ready(self):
        if not self.wait_line(READY.search):
            self.kill()
            raise AssertionError("no listening server:\n" + self.tail())
        self.port = int(READY.search(self.wait_line(READY.search)).group(1))

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def wait_line(self, wanted, patience=PATIENCE):
        """The first line of output that `wanted` accepts, also one of the past; None when the process or patience ends first."""
        end, at = time.monotonic() + patience, 0
        with self.changed:
            while True:
                for at in range(at, len(self.lines)):
                    if wanted(self.lines[at]):
                        return self.lines[at]
                at = len(self.lines)
                if time.monotonic() > end or (self.process.poll() is not None and not self.reader.is_alive()):
                    return None
                self.changed.wait(0.1)

    def log(self, kind, **expected):
        """Waits for a JSON log line of this kind whose members equal `expected`; the line as a dict. Needs --log json."""
        found = []

        def wanted(line):
            if line.startswith("{") and f'"type":"{kind}"' in line:
                entry = json.loads(line)
                if all(entry.get(key) == value for key, value in expected.items()):
                    found.append(entry)
            return found

        if not self.wait_line(wanted, 20):
            raise AssertionError(f"no {kind} line with {expected} in the log:\n{self.tail()}")
        return found[0]

    def entries(self, kind="request"):
        """All JSON log lines of a kind so far."""
        with self.changed:
            lines = list(self.lines)
        return [json.loads(line) for line in lines if line.startswith("{") and f'"type":"{kind}"' in line]

    def connect(self, **options):
        return Connection(self.port, **options)

    def admin_port(self):
        return int(ADMIN.search(self.wait_line(ADMIN.search)).group(1))

    def admin(self, target, method="GET", fields=(), host="localhost"):
        """The answer of the admin listener."""
        with Connection(self.admin_port()) as connection:
            connection.request(method, host, target, fields)
            return connection.read_response(method)

    def metrics(self):
        """The metrics page: series, exactly as written -> value."""
        lines = self.admin("/metrics").body.decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def ask(self, name, target="/", method="GET", fields=(), body=None):
        """One request to a function on a connection of its own."""
        with self.connect() as connection:
            sending = threading.Thread(target=connection.request, args=(method, f"{name}.localhost", target, fields, body))
            sending.start()  # beside reading: what streams back must be taken
            try:
                return connection.read_response(method)
            finally:
                sending.join()

    def rss(self):
        """Resident bytes."""
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1)) << 10

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """The exit status; the server is killed when it does not end."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server did not end:\n" + self.tail()) from None
        self.reader.join()
        self.process.stdout.close()
        if self in _live:
            _live.remove(self)
        return status

    def stop(self):
        """Stops it gracefully; fails unless it ends by itself with status 0."""
        self.signal()
        status = self.wait()
        assert status == 0, f"exit status {status} after SIGTERM:\n{self.tail()}"
        assert not any("runtime error:" in line for line in self.lines), self.tail()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        if self in _live:
            _live.remove(self)

    def tail(self, count=40):
        return "\n".join(f"  | {line}" for line in self.lines[-count:])


@atexit.register
def _kill_all():
    for server in list(_live):
        server.kill()


class Case(unittest.TestCase):
    """One server for the tests of a class. FUNCTIONS as store() takes them; FLAGS beside the usual ones."""

    FUNCTIONS = {}
    FLAGS = ("--threads", "1", "--log", "json")

    @classmethod
    def setUpClass(cls):
        cls.server = Server("serve", "--code", store(cls.FUNCTIONS), *cls.FLAGS)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def ask(self, *arguments, **options):
        return self.server.ask(*arguments, **options)

    def assert_fault(self, response, status, code):
        """An answer that Peko made itself: its code in field and body, an id, one line."""
        self.assertEqual((response.status, response["peko-error"]), (status, code), response)
        self.assertRegex(response["peko-request-id"], r"^[0-9a-f-]{36}$")
        self.assertEqual(response.body.count(b"\n"), 1, response)
        self.assertIn(code.encode(), response.body)

    def assert_serves(self):
        """The server is well."""
        self.assertEqual(self.ask("hello").body, b"Hello, World!")

    def log_of(self, response):
        return self.server.log("request", id=response["peko-request-id"])


class _Result(unittest.TextTestResult):
    """Shows what the servers said last when a test fails."""

    def _show(self):
        for server in _live:
            self.stream.writeln(f"\noutput of {' '.join(server.process.args)}:\n{server.tail()}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._show()

    def addError(self, test, err):
        super().addError(test, err)
        self._show()

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._show()


def main():
    unittest.main(testRunner=unittest.TextTestRunner(verbosity=2, resultclass=_Result))
