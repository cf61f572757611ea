"""Starts an S3 server, then runs the suite that every store must pass on it.

    python3 -B tests/s3/s3_test.py versitygw|moto [--faulty] [arguments of GoogleTest]

Environment: PEKO_S3_CONFORMANCE names the test program, PEKO_S3_TOOLS the folder of the servers (scripts/s3_servers.sh).
Status 77: skipped, because versitygw is not there.
--faulty: through a proxy that breaks a request in ten, without the largest objects, and without those tests that count on
what no store can promise then: that a read goes on when the object was replaced meanwhile (Unavailable), and that a put
whose answer was lost is known as our own after others have replaced it again (Conflict). RealS3's writers count otherwise.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from faulty_proxy import FaultyProxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(os.environ.get("PEKO_S3_TOOLS", ROOT / "build/tools"))
PROGRAM = os.environ.get("PEKO_S3_CONFORMANCE", str(ROOT / "build/dev/tests/s3/s3_conformance"))
PATIENCE = 120  # seconds until a server listens
FAULTS_ONE_IN = 10
SKIPPED = 77
ACCESS, SECRET = "peko-test", "peko-test-secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command_of(server, port, folder):
    # versitygw keeps etags in extended attributes: its folder of their own (--sidecar) loses conditional writes.
    if server == "versitygw":
        (folder / "objects").mkdir()
        return [TOOLS / "versitygw", "--access", ACCESS, "--secret", SECRET, "--port", f"127.0.0.1:{port}", "--keep-alive",
                "--quiet", "posix", folder / "objects"]
    return [TOOLS / "moto/bin/python", "-B", pathlib.Path(__file__).with_name("moto_server.py"), str(port)]


def wait_until_it_listens(process, port):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"the server does not listen; exit status {process.poll()}")


def main():
    server, *rest = sys.argv[1:]
    faulty = "--faulty" in rest
    arguments = [word for word in rest if word != "--faulty"]
    if server == "versitygw" and not (TOOLS / "versitygw").exists():
        print(f"skipped: {TOOLS / 'versitygw'} is missing; scripts/s3_servers.sh builds it, and needs Go")
        return SKIPPED
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"peko-s3-{server}-"))
    port = free_port()
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([str(word) for word in command_of(server, port, folder)], stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL)
    try:
        wait_until_it_listens(process, port)
        proxy = FaultyProxy(port, FAULTS_ONE_IN, seed=5) if faulty else None
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "http_", "HTTP_"))}
        more = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_CONFIG_FILE": "/nonexistent",
                "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port if proxy else port}"}
        if server == "versitygw":
            more["PEKO_S3_CHECKS_SIGNATURES"] = "1"
        if faulty:
            more["PEKO_S3_MANY"] = "300"
            arguments.append("--gtest_filter=-*KeepsALargeObject*:*LosesNoChange*:*ShowsReadersNoTorn*")
        status = subprocess.run([PROGRAM, *arguments], env={**kept, **more}, check=False).returncode
        if proxy:
            print("faults:", proxy.met)
            assert all(proxy.met.values()), "a kind of fault never happened"
        if status != 0:
            print((folder / "log").read_text(errors="replace")[-4000:])
        return status
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
