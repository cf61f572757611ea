#!/usr/bin/env python3
"""Warm requests: hello-c on kept instances, against `wasmtime serve` of the same wasmtime with its fastest flags, and nginx `return 200`.

One thread each, 64 keep-alive connections. Says PASS when Peko's CPU per request is at most 0.6 times that of wasmtime serve and 1.8
times that of nginx; with --check the exit status tells too.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import rig

BAR_WASMTIME, BAR_NGINX = 0.6, 1.8

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:PORT; default_type text/plain; location / {{ return 200 "Hello, World!"; }} }}
}}
"""


def nginx():
    program = rig.need("nginx", "apt-get install nginx-light (make bench does)")
    folder = Path(tempfile.mkdtemp(prefix="peko-bench-"))
    server = rig.Server("nginx return 200", [program, "-p", folder, "-c", folder / "nginx.conf"])
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder).replace("PORT", str(server.port)))
    return server


def wasmtime():
    program = rig.need(rig.WASMTIME, "scripts/bench-peers.sh builds it (make bench does)")
    return rig.Server("wasmtime serve, instances reused", [
        program, "serve", "--addr", "127.0.0.1:{port}", "-Scli", "-O", "pooling-allocator=y",
        "-O", "pooling-memory-keep-resident=65536", "-O", "pooling-table-keep-resident=65536",
        "--max-instance-reuse-count", "1000000", "--idle-instance-timeout", "60s", rig.component("hello-c")])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--connections", type=int, default=64)
    arguments.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    options = arguments.parse_args()

    one = ("--threads", "1")
    with nginx() as n, wasmtime() as w, \
            rig.peko_serve(["hello-c"], "peko", (*one, "--log", "off")) as p, \
            rig.peko_serve(["hello-c"], "peko, JSON request log", (*one, "--log", "json")) as logged:
        results = rig.alternate([p, logged, w, n], options.rounds, options.seconds, options.connections)

    cpu = {name: rig.median(rounds, "cpu_us") for name, rounds in results.items()}
    print(f"warm hello-c, 1 thread, {options.connections} connections, {options.rounds} rounds of {options.seconds} s, medians")
    print(f"{'server':<34} {'CPU us/req':>10} {'[min..max]':>14} {'req/s':>9} {'p99 ms':>7} {'x nginx':>8} {'x wasmtime':>10}")
    for name, rounds in results.items():
        print(f"{name:<34} {cpu[name]:>10.2f} {rig.spread(rounds, 'cpu_us'):>14} {rig.median(rounds, 'per_second'):>9.0f} "
              f"{rig.median(rounds, 'p99_ms'):>7.2f} {cpu[name] / cpu[n.name]:>8.2f} {cpu[name] / cpu[w.name]:>10.2f}")
    to_wasmtime, to_nginx = cpu[p.name] / cpu[w.name], cpu[p.name] / cpu[n.name]
    passed = to_wasmtime <= BAR_WASMTIME and to_nginx <= BAR_NGINX
    print(f"{'PASS' if passed else 'FAIL'}: {to_wasmtime:.2f} x wasmtime serve (bar {BAR_WASMTIME}), "
          f"{to_nginx:.2f} x nginx (bar {BAR_NGINX})")
    return 0 if passed or not options.check else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rig.Missing as missing:
        sys.exit(f"bench: {missing}")
