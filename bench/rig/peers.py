"""The servers that are compared, each with the fastest settings that its own documentation offers, on one thread.

One thread and one CPU for all: what is compared is the work that a request costs, not how many cores a program takes.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from rig.machine import BUILD, ROOT, Missing
from rig.process import Server, free_port

PEKO = Path(os.environ.get("PEKO_BIN", BUILD / "release/peko"))
HTTP_FLOOR = Path(os.environ.get("PEKO_HTTP_FLOOR", BUILD / "release/bench/http_floor"))
WASMTIME = Path(os.environ.get("WASMTIME_BIN", BUILD / "peers/bin/wasmtime"))
WASMTIME_STAMP = BUILD / "peers/wasmtime.stamp"  # of the one built by scripts/bench-peers.sh: version, profile, flags
NPM = ROOT / "tests/peers/node_modules"
# The program itself: the one in the package workerd is a script that runs it.
WORKERD = next(NPM.glob("@cloudflare/workerd-linux-*/bin/workerd"), NPM / "workerd/bin/workerd")
SCRIPTS = ROOT / "bench/peers"
CACHE = BUILD / "bench/cache"
ENGINE = BUILD / "bench/engine"
TOOLS = ROOT / "js/node_modules/.bin"  # esbuild


def need(program, hint):
    found = shutil.which(str(program))
    if not found:
        raise Missing(f"{program} is missing: {hint}")
    return found


def component(name):
    """The file of a sample or a test guest."""
    for folder in (BUILD / "samples", BUILD / "guests"):
        if (folder / f"{name}.wasm").exists():
            return folder / f"{name}.wasm"
    raise Missing(f"{name}.wasm is not built: make samples guests")


# Peko


def key():
    """One for all stores, so that what was compiled once is found again."""
    file = BUILD / "bench/key"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        file.write_bytes(os.urandom(32))
    return file


def copy_new(source, target):
    """The files of one folder that the other one lacks."""
    for file in source.rglob("*"):
        other = target / file.relative_to(source)
        if file.is_file() and not other.exists():
            other.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, other)


class Store:
    """A code store in a folder. Components are dropped in; scripts are deployed."""

    def __init__(self, folder):
        self.folder, self.key = folder / "store", key()
        (self.folder / "functions").mkdir(parents=True)

    def drop(self, name, settings="", function=None):
        """A component as a function, with the manifest's settings."""
        shutil.copy(component(name), self.folder / "functions" / f"{function or name}.wasm")
        if settings:
            (self.folder / "functions" / f"{function or name}.toml").write_text(settings)
        return self

    def deploy(self, project, name, *flags):
        """A project as a function, by `peko deploy`, which compiles what it needs and the store lacks."""
        copy_new(ENGINE, self.folder / "artifacts")
        command = [PEKO, "deploy", project, "--code", self.folder, "--key-file", self.key, "--name", name, *flags]
        env = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        if done.returncode:
            raise Missing(f"deploying {name} failed: {done.stdout}{done.stderr}")
        return self

    def deploy_script(self, source, name, settings=""):
        """A script of ours, with the manifest's settings. The engine of scripts is compiled once, for all stores."""
        project = self.folder.parent / f"project-{name}"
        project.mkdir()
        shutil.copy(source, project / source.name)
        (project / "peko.toml").write_text(f'name = "{name}"\nscript = "{source.name}"\n{settings}')
        self.deploy(project, name)
        copy_new(self.folder / "artifacts", ENGINE)
        return self


def peko(store, function, *flags, log="off", **server):
    """`peko serve` of a store; requests name the function. One loop; the request log costs a tenth and is off, as it is
    for the others."""
    if not PEKO.exists():
        raise Missing(f"{PEKO} is missing: make build")
    command = [PEKO, "serve", "--code", store.folder, "--key-file", store.key, "--listen", "127.0.0.1:{port}",
               "--cache-dir", CACHE, "--threads", 1, "--log", log, *(flags if "--admin" in flags else ("--admin", "off", *flags))]
    return Server(command, host=f"{function}.localhost", env={"STATE_DIRECTORY": str(store.folder.parent)}, **server)


def http_floor():
    """Peko's loop and HTTP with a handler in C++ in the place of a function."""
    return Server([need(HTTP_FLOOR, "make bench builds it"), "{port}"])


# wasmtime serve

# `wasmtime -O help`: slots of a pool are faster than mapping memory for each instance, and with these pages kept an
# instance is reset by copying instead of faulting them in anew. `-W concurrency-support=n`, which embedders of WASI 0.2 turn off to make
# calls cheaper, is none for it: it does not start, and with `-S p3=n` too it answers 500.
WASMTIME_POOL = ("-O", "pooling-allocator=y", "-O", "pooling-memory-keep-resident=65536",
                 "-O", "pooling-table-keep-resident=65536")
# `wasmtime serve --help`: how often and how long an instance is used again. A million: it is not replaced while measured.
WASMTIME_REUSE = ("--max-instance-reuse-count", "1000000", "--idle-instance-timeout", "60s")
# A limit of time has its code look, in each loop and at each call, whether it is to stop; Peko's code always does.
WASMTIME_STOPPABLE = ("-W", "timeout=10s")
STOPPABLE_NOTE = "its code can be stopped, as Peko's always can: each loop and each call looks whether it should"


def wasmtime(file, *flags, reuse=True, **server):
    program = need(WASMTIME, "make bench builds it (scripts/bench-peers.sh)")
    return Server([program, "serve", "--addr", "127.0.0.1:{port}", "-Scli", *WASMTIME_POOL,
                   *(WASMTIME_REUSE if reuse else ()), *flags, file], **server)


def wasmtime_slots(instances):
    """Room for so many instances at once: in its pool, which has 1,000 of each kind, and a component takes several of some; and among
    its connections and requests, of which it has 1,000 at the same time."""
    slots = {"component-instances": 2, "core-instances": 10, "memories": 2, "tables": 2, "stacks": 2}
    pool = [word for kind, each in slots.items() for word in ("-O", f"pooling-total-{kind}={each * instances + 100}")]
    most = str(instances + 100)
    return [*pool, "--max-concurrent-connections", most, "--max-concurrent-requests", most]


# As bridge/src/engine.rs compiles: code for one kind of CPU that every node has, and that can be stopped.
WASMTIME_AS_PEKO = ("-W", "epoch-interruption=y", "--target", "x86_64-unknown-linux-gnu", *(
    word for flag in ("sse3", "ssse3", "sse41", "sse42", "popcnt", "cmpxchg16b", "avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt")
    for word in ("-C", f"cranelift-has-{flag}=true")))


def wasmtime_compiled(file, folder, *flags):
    """The machine code of a component, by its own compiler with the settings with which it is served."""
    artifact = folder / f"{file.stem}.cwasm"
    program = need(WASMTIME, "make bench builds it (scripts/bench-peers.sh)")
    if not artifact.exists():
        command = [program, "compile", *WASMTIME_POOL, "-W", "component-model=y", *flags, file, "-o", artifact]
        subprocess.run(command, check=True, capture_output=True)
    return artifact


def wasmtime_as_peko(file, folder):
    """Serves the machine code that Peko would run, on x86-64."""
    if platform.machine() != "x86_64":
        raise Missing("its flags are those of x86-64")
    return wasmtime(wasmtime_compiled(file, folder, *WASMTIME_AS_PEKO), "--allow-precompiled", *WASMTIME_STOPPABLE)


# workerd

WORKER = """(name = "{name}", worker = (modules = [(name = "worker.js", esModule = embed "{file}")],
    compatibilityDate = "2026-04-01", bindings = [{bindings}], globalOutbound = "network"))"""


def workerd(folder, script, env=None, **server):
    """Cloudflare's runtime, run directly (miniflare would put a proxy of its own in front)."""
    name = script.stem
    shutil.copy(script, folder / "worker.js")
    bindings = ", ".join(f'(name = "{key}", text = {json.dumps(value)})' for key, value in (env or {}).items())
    service = WORKER.format(name=name, file="worker.js", bindings=bindings)
    return workerd_of(folder, [service], [f'(name = "http", address = "127.0.0.1:{{port}}", http = (), service = "{name}")'], **server)


def workerd_of(folder, services, sockets, **server):
    """workerd with services and sockets as its configuration has them. It has one thread for all of its JavaScript."""
    program = need(WORKERD, "make bench installs it (tests/peers/install.sh)")
    port = free_port()
    network = '(name = "network", network = (allow = ["public", "private"]))'
    text = ('using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = (\n  services = [\n    '
            + ",\n    ".join([*services, network]) + "\n  ],\n  sockets = [" + ", ".join(sockets).replace("{port}", str(port))
            + "]\n);\n")
    (folder / "config.capnp").write_text(text)
    return Server([program, "serve", folder / "config.capnp"], port=port, **server)


# Node.js


def node(script, *words, env=None, **server):
    """A server of ours in bench/peers, or a module with `fetch` behind @hono/node-server, which was made for speed."""
    program = need("node", "make build installs it")
    if not (NPM / "@hono/node-server").is_dir():
        raise Missing("@hono/node-server is missing: make bench installs it (tests/peers/install.sh)")
    return Server([program, SCRIPTS / script, "{port}", *words], env={"NODE_ENV": "production", **(env or {})}, **server)


# nginx


def nginx(folder, server_block, **server):
    """One worker, no access log, connections never closed for having served many requests."""
    program = need("nginx", "apt-get install nginx-light (make bench does)")
    port = free_port()
    text = (SCRIPTS / "nginx.conf").read_text().replace("FOLDER", str(folder)).replace("SERVER", server_block)
    (folder / "nginx.conf").write_text(text.replace("PORT", str(port)))
    return Server([program, "-p", folder, "-c", folder / "nginx.conf"], port=port, **server)


# Spin and wasmCloud: not in a package registry, so by the path of a binary that somebody has installed.


def spin(folder, file, **server):
    """SPIN_BIN: `spin up` of one component, as its documentation writes a manifest; --quiet keeps guests' output away."""
    program = need(os.environ.get("SPIN_BIN", "SPIN_BIN"), "set SPIN_BIN to the path of spin (https://spinframework.dev)")
    shutil.copy(file, folder / "app.wasm")
    (folder / "spin.toml").write_text(
        'spin_manifest_version = 2\n[application]\nname = "bench"\nversion = "0.1.0"\n'
        '[[trigger.http]]\nroute = "/..."\ncomponent = "app"\n[component.app]\nsource = "app.wasm"\n')
    return Server([program, "up", "--quiet", "--from", folder / "spin.toml", "--listen", "127.0.0.1:{port}"], cwd=folder, **server)


def wasmcloud(folder, file, **server):
    """WASMCLOUD_BIN: `wash dev` of wasmCloud 2, whose embedded host serves one component over HTTP, on a fresh instance for each request:
    its `poolSize` is for components beside the main one."""
    program = need(os.environ.get("WASMCLOUD_BIN", "WASMCLOUD_BIN"), "set WASMCLOUD_BIN to the path of wash (https://wasmcloud.com)")
    port = free_port()
    shutil.copy(file, folder / "app.wasm")
    (folder / ".wash").mkdir(exist_ok=True)
    (folder / ".wash/config.yaml").write_text(
        f'build:\n  command: "true"\n  component_path: app.wasm\ndev:\n  address: "127.0.0.1:{port}"\n')
    return Server([program, "dev"], cwd=folder, port=port, **server)


def versions():
    """Of all that is there, by name."""
    asked = {"Peko": [PEKO, "--version"], "wasmtime": [WASMTIME, "--version"], "workerd": [WORKERD, "--version"],
             "Node.js": ["node", "--version"], "nginx": ["nginx", "-v"],
             "Spin": [os.environ.get("SPIN_BIN", ""), "--version"], "wasmCloud": [os.environ.get("WASMCLOUD_BIN", ""), "--version"]}
    found = {"Python": sys.version.split()[0]}
    for name, command in asked.items():
        if command[0] and shutil.which(str(command[0])):
            found[name] = version_of(command)
    if "wasmtime" in found and "WASMTIME_BIN" not in os.environ and WASMTIME_STAMP.exists():
        found["wasmtime"] += f" ({WASMTIME_STAMP.read_text().strip().partition(' ')[2]})"
    return found


def version_of(command):
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return "of an unknown version"
    said = re.search(r"\d[\d.-]*\d", done.stdout + done.stderr)
    return said[0] if said else "of an unknown version"
