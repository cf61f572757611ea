"""Code stores for tests: a folder, and a bucket on a real S3 server (versitygw, which scripts/s3_servers.sh brings).

Both have `url` and `env` for peko, and put, get, remove and keys, for what a test does behind Peko's back.
"""

import atexit
import contextlib
import datetime
import hashlib
import hmac
import http.client
import os
import pathlib
import re
import secrets
import socket
import subprocess
import time
import unittest
import urllib.parse

from harness import PATIENCE, ROOT, environment, guest, run, temporary_folder

TOOLS = pathlib.Path(os.environ.get("PEKO_S3_TOOLS", ROOT / "build/tools"))
ACCESS, SECRET, REGION = "peko-test", "peko-test-secret", "us-east-1"


class Folder:
    """A store in a folder."""

    def __init__(self):
        self.root = temporary_folder() / "store"
        (self.root / "functions").mkdir(parents=True)
        self.url, self.env = str(self.root), {}

    def put(self, key, data):
        """As a careful person does: a reader sees the old bytes or the new ones."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(data)
        fresh.rename(path)

    def get(self, key):
        return (self.root / key).read_bytes()

    def remove(self, key):
        (self.root / key).unlink()

    def keys(self, prefix=""):
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("[!.]*")
                      if path.is_file() and str(path.relative_to(self.root)).startswith(prefix))

    def stop(self):
        pass


class Bucket:
    """A bucket on an S3 server of its own. Skips the test where the server is not there, with the reason."""

    NAME = "code"

    def __init__(self):
        program = TOOLS / "versitygw"
        if not program.exists():
            raise unittest.SkipTest(f"no S3 server: {program.name} is missing; scripts/s3_servers.sh builds it (Go is needed)")
        self.folder = temporary_folder()
        (self.folder / "objects").mkdir()
        try:  # without them versitygw loses conditional writes
            os.setxattr(self.folder / "objects", "user.peko", b"1")
        except OSError as error:
            raise unittest.SkipTest(f"no S3 server: {self.folder} has no extended attributes ({error})") from None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [program, "--access", ACCESS, "--secret", SECRET, "--port", f"127.0.0.1:{self.port}", "--keep-alive",
                        "--quiet", "posix", self.folder / "objects"]
        self.url = self.url_at(self.port)
        self.env = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION,
                    "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
        self.start()
        self._ask("PUT", "")

    def url_at(self, port):
        """The store, asked through a port."""
        return f"s3://{self.NAME}/peko?endpoint=http://127.0.0.1:{port}"

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        atexit.register(self.process.kill)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError("the S3 server does not listen:\n" + (self.folder / "log").read_text(errors="replace")[-2000:])

    def stop(self):
        self.process.kill()
        self.process.wait()

    def put(self, key, data):
        self._ask("PUT", f"/peko/{key}", data)

    def get(self, key):
        return self._ask("GET", f"/peko/{key}")

    def remove(self, key):
        self._ask("DELETE", f"/peko/{key}")

    def keys(self, prefix=""):
        found, after = [], ""
        while True:
            page = self._ask("GET", "", query={"list-type": "2", "prefix": f"peko/{prefix}", "start-after": after}).decode()
            found += [urllib.parse.unquote(key) for key in re.findall(r"<Key>peko/([^<]+)</Key>", page)]
            if "<IsTruncated>true" not in page:
                return sorted(found)
            after = "peko/" + found[-1]

    def _ask(self, method, path, body=b"", query=None):
        """A request that is signed as AWS says (Signature Version 4)."""
        target = urllib.parse.quote(f"/{self.NAME}{path}")
        words = "&".join(f"{name}={urllib.parse.quote(value, safe='')}" for name, value in sorted((query or {}).items()))
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        hashed = hashlib.sha256(body).hexdigest()
        fields = {"host": f"127.0.0.1:{self.port}", "x-amz-content-sha256": hashed, "x-amz-date": now}
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        canonical = "\n".join([method, target, words, *(f"{name}:{value}" for name, value in fields.items()), "", ";".join(fields), hashed])
        key = f"AWS4{SECRET}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        fields["authorization"] = (f"AWS4-HMAC-SHA256 Credential={ACCESS}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
                                   f"Signature={signature}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, target + (f"?{words}" if words else ""), body or None, fields)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        assert answer.status < 300, f"{method} {target}: {answer.status} {data[:500]!r}"
        return data


PROVIDERS = {"folder": Folder, "bucket": Bucket}


def on_each_store(case):
    """Tests, whose `PROVIDER` makes a store, as a class for each kind."""
    return [type(f"OnA{kind.title()}", (case, unittest.TestCase), {"PROVIDER": provider, "__module__": case.__module__})
            for kind, provider in PROVIDERS.items()]


def new_key():
    """The file of a node key."""
    path = temporary_folder() / "node.key"
    path.write_bytes(secrets.token_bytes(32))
    path.chmod(0o600)
    return path


def variant(name, mark):
    """A guest as a component of its own: with one more custom section."""
    return guest(name).read_bytes() + bytes([0, 2 + len(mark), len(mark)]) + mark.encode() + b"x"


class Deployer:
    """Uses the commands of peko on a store."""

    def __init__(self, store, key=None, url=None):
        self.store, self.url, self.folder = store, url or store.url, temporary_folder()
        self.flags = ["--key-file", key] if key else []

    def project(self, name, component, more=""):
        """A project whose component is bytes, or a guest's name."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "a.wasm").write_bytes(guest(component).read_bytes() if isinstance(component, str) else component)
        (folder / "peko.toml").write_text(f'name = "{name}"\ncomponent = "a.wasm"\n{more}')
        return folder

    def run(self, *arguments, timeout=PATIENCE):
        """(exit status, stdout, stderr) of a command."""
        return run(*arguments, "--code", self.url, env=environment(**self.store.env), timeout=timeout)

    def peko(self, *arguments):
        """The output of a command that must succeed."""
        status, out, err = self.run(*arguments)
        assert status == 0, f"peko {arguments}: {status}\n{out}{err}"
        return out

    def deploy(self, name, component, *flags, more=""):
        return self.peko("deploy", self.project(name, component, more), *self.flags, *flags)
