#!/usr/bin/env python3
"""A static file of 2 KB, answered before the function: Peko against nginx, which reads it from the page cache by sendfile.

One thread each, 64 keep-alive connections. Beside it the same function's own answer, so that both ways through Peko can be compared.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import rig

PAGE = b"<!doctype html>" + os.urandom(1016).hex().encode() + b"\n"

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on; open_file_cache max=1000; etag on;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:PORT; root {folder}/public; location / {{ add_header cache-control "public, max-age=0, must-revalidate"; }} }}
}}
"""


def nginx():
    program = rig.need("nginx", "apt-get install nginx-light (make bench does)")
    folder = Path(tempfile.mkdtemp(prefix="peko-bench-"))
    (folder / "public").mkdir()
    (folder / "public/index.html").write_bytes(PAGE)
    folder.chmod(0o755)  # its worker may be another user
    server = rig.Server("nginx, a file", [program, "-p", folder, "-c", folder / "nginx.conf"])
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder).replace("PORT", str(server.port)))
    return server


def peko(name, log):
    """A node with a site: a file at /, its function everywhere else."""
    folder = Path(tempfile.mkdtemp(prefix="peko-bench-"))
    (folder / "site/public").mkdir(parents=True)
    (folder / "store/functions").mkdir(parents=True)
    (folder / "site/public/index.html").write_bytes(PAGE)
    shutil.copy(rig.component("hello-c"), folder / "site/a.wasm")
    (folder / "site/peko.toml").write_text('name = "site"\ncomponent = "a.wasm"\nassets = "public"\n')
    subprocess.run([rig.PEKO, "deploy", folder / "site", "--code", folder / "store"], check=True, stdout=subprocess.DEVNULL)
    command = [rig.PEKO, "serve", "--code", folder / "store", "--listen", "127.0.0.1:{port}", "--cache-dir", rig.BUILD / "bench-cache",
               "--admin", "off", "--threads", "1", "--log", log]
    return rig.Server(name, command, host="site.localhost")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--connections", type=int, default=64)
    options = arguments.parse_args()
    if not rig.PEKO.exists():
        raise rig.Missing(f"{rig.PEKO} is missing: make build")

    with nginx() as n, peko("peko, a file", "off") as p, peko("peko, a file, JSON request log", "json") as logged, \
            rig.peko_serve(["hello-c"], "peko, the function itself", ("--threads", "1", "--log", "off")) as function:
        results = rig.alternate([p, logged, function, n], options.rounds, options.seconds, options.connections)
    cpu = {name: rig.median(rounds, "cpu_us") for name, rounds in results.items()}
    print(f"{len(PAGE)} bytes, 1 thread, {options.connections} connections, {options.rounds} rounds of {options.seconds} s, medians")
    print(f"{'server':<34} {'CPU us/req':>10} {'[min..max]':>14} {'req/s':>9} {'p99 ms':>7} {'x nginx':>8}")
    for name, rounds in results.items():
        print(f"{name:<34} {cpu[name]:>10.2f} {rig.spread(rounds, 'cpu_us'):>14} {rig.median(rounds, 'per_second'):>9.0f} "
              f"{rig.median(rounds, 'p99_ms'):>7.2f} {cpu[name] / cpu[n.name]:>8.2f}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rig.Missing as missing:
        sys.exit(f"bench: {missing}")
