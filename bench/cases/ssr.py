"""Server-side rendering with Preact

The front page of samples/ssr. As a script the same bundle runs on Peko's shared engine, workerd and Node.js; as a component
(samples/ssr-component) the same file on Peko and wasmtime serve. V8 compiles JavaScript to machine code while it runs; the
engine inside a component interprets it.
"""

import json
import shutil
import subprocess

from rig import peers
from rig.load import Load
from rig.machine import ROOT, Missing
from rig.method import Contestant

ENV = {"SITE_NAME": "Cloudbook"}


def bundle(folder):
    """The script of the sample as `peko build` makes it."""
    project = folder / "ssr"
    shutil.copytree(ROOT / "samples/ssr", project, symlinks=True, ignore=shutil.ignore_patterns("node_modules", ".peko"))
    (project / "node_modules").symlink_to(ROOT / "samples/ssr/node_modules")
    done = subprocess.run([peers.PEKO, "build", project], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"building samples/ssr failed (make samples installs what it needs): {done.stdout}{done.stderr}")
    module = project / "ssr.mjs"
    shutil.copy(project / ".peko/ssr.js", module)
    return project, module


def run(bench):
    project, module = bundle(bench.folder())
    settings = '[env]\nSITE_NAME = "Cloudbook"\n'
    component = peers.component("ssr-component")
    contestants = [
        Contestant("peko, script", lambda: peers.peko(peers.Store(bench.folder()).deploy(project, "ssr"), "ssr"), subject=True),
        Contestant("peko, component", lambda: peers.peko(
            peers.Store(bench.folder()).drop("ssr-component", settings), "ssr-component"), subject=True),
        Contestant("wasmtime serve, component", lambda: peers.wasmtime(component, "--env", "SITE_NAME=Cloudbook")),
        Contestant("wasmtime serve, component, can be stopped", lambda: peers.wasmtime(
            component, "--env", "SITE_NAME=Cloudbook", *peers.WASMTIME_STOPPABLE), note=peers.STOPPABLE_NOTE),
        Contestant("workerd, script", lambda: peers.workerd(bench.folder(), module, ENV)),
        Contestant("Node.js, script", lambda: peers.node("fetch.mjs", module, env={"WORKER_ENV": json.dumps(ENV)})),
    ]
    absent = [("nginx", "it renders nothing")]
    return bench.compare(contestants, Load(connections=16), "16 connections.", absent=absent)
