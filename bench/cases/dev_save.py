"""From a save to its answer in `peko dev`

A source file is replaced and the function asked all the time: how long until the first answer of the new version. A JavaScript function
of one line and one on Hono, bundled by esbuild; a Rust one that cargo builds, of which what counts is the time beyond the build, which
measures itself. No peer takes part.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time

from rig import peers
from rig.machine import BUILD, ROOT, Missing, two_cpus
from rig.noise import Watch
from rig.result import Column, Result
from rig.wait import until

BAR_MS = 150
BUILD_PATIENCE = 300  # seconds
RUST_ROUNDS_MAX = 5  # some seconds each; the first one compiles all of the component
COLUMNS = [Column("live_ms", "live after ms", better="lower", spread=True, plot=True)]
JAVASCRIPT = "export default {{ fetch: () => new Response('save {}') }};\n"
HONO = """import {{ Hono }} from 'hono';
const app = new Hono();
app.get('/', (c) => c.text('save {}'));
export default app;
"""
RUST = "\n#[used]\npub static SAVE: [u8; 1] = [{}];\n"


def harness():
    """The servers of the end-to-end tests; which peko they start is in the environment."""
    os.environ["PEKO_BIN"] = str(peers.PEKO)
    os.environ["PATH"] = f"{peers.TOOLS}{os.pathsep}{os.environ['PATH']}"
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    import harness as found  # noqa: PLC0415  (the folder is known only now)

    return found


@contextlib.contextmanager
def stopped(server):
    """Stops it at the end of the block, however that ends."""
    try:
        yield server
    finally:
        server.stop()


def javascript(folder, source, modules):
    (folder / "src").mkdir(parents=True)
    (folder / "src/index.ts").write_text(source.format(0))
    (folder / "peko.toml").write_text('name = "saved"\nscript = "src/index.ts"\n')
    (folder / "node_modules").symlink_to(modules)
    return folder / "src/index.ts", source.format


def rust(folder, took):
    """What it imports is compiled once, in a folder that stays; each build writes its nanoseconds into the file `took`."""
    shutil.copytree(ROOT / "samples/rest-api", folder, ignore=shutil.ignore_patterns("target"))
    target = BUILD / "bench/cargo"
    command = f"CARGO_TARGET_DIR={target} cargo build --offline --release --target wasm32-wasip2"
    (folder / "peko.toml").write_text(f'name = "saved"\ncomponent = "{target}/wasm32-wasip2/release/rest-api.wasm"\n'
                                      f'[build]\ncommand = "begin=$(date +%s%N); {command} && '
                                      f'echo $(($(date +%s%N) - begin)) >{took}"\n')
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"cargo cannot build samples/rest-api here: {done.stderr.strip().splitlines()[-1]}")
    main = folder / "src/main.rs"
    source = main.read_text()
    return main, lambda number: source + RUST.format(number)


def replace(file, text):
    file.with_suffix(".tmp").write_text(text)
    os.replace(file.with_suffix(".tmp"), file)


def until_another_answer(server, file, text, before):
    """Milliseconds, and the new answer; every answer has to be one."""
    with server.connect() as connection:
        def another():
            answer = connection.get("saved.localhost")
            if answer.status >= 500:
                raise Missing(f"a request failed: {answer}")
            return answer.body if answer.body != before else None

        begin = time.monotonic()
        replace(file, text)
        body = until(another, "an answer of the new version", pause=0)
        return (time.monotonic() - begin) * 1e3, body


def until_it_says(server, file, text):
    """Milliseconds until `peko dev` calls it live: the Rust function's answers do not change."""
    seen, begin = len(server.lines), time.monotonic()
    replace(file, text)
    line = until(lambda: next((line for line in server.lines[seen:] if "live in" in line or " x saved" in line), None),
                 "a build", BUILD_PATIENCE)
    if "live in" not in line:
        raise Missing(f"the build failed:\n{server.tail()}")
    return (time.monotonic() - begin) * 1e3


def run(bench):
    tests = harness()
    result = Result(COLUMNS, f"{4 * bench.rounds} saves of JavaScript, {min(bench.rounds, RUST_ROUNDS_MAX)} of Rust.")
    for name, source, modules in (("JavaScript, 1 line", JAVASCRIPT, ROOT / "js/node_modules"),
                                  ("JavaScript, Hono", HONO, ROOT / "samples/hono-api/node_modules")):
        row = result.row(name, subject=True)
        file, text_of = javascript(tests.temporary_folder() / "saved", source, modules)
        with stopped(tests.Server("dev", file.parent.parent, "--log", "off")) as server:
            with server.connect() as connection:
                answer = connection.get("saved.localhost").body
            for number in range(1, 4 * bench.rounds + 1):
                bench.say(f"{name}: save {number}")
                time.sleep(0.05)
                watch = Watch(two_cpus())
                took, answer = until_another_answer(server, file, text_of(number), answer)
                row.add({"live_ms": took}, watch.stop())
        median = row.median("live_ms")
        result.judge(median <= BAR_MS, f"{name}: {median:.0f} ms (bar {BAR_MS} ms)")
    if shutil.which("cargo") is None:
        result.leave_out("Rust", "there is no cargo")
        return result
    row = result.row("Rust, beyond its build", subject=True)
    bench.say("Rust: the first build")
    build_ns = tests.temporary_folder() / "build_ns"
    file, text_of = rust(tests.temporary_folder() / "saved", build_ns)
    with stopped(tests.Server("dev", file.parent.parent, "--log", "off")) as server:
        for number in range(1, min(bench.rounds, RUST_ROUNDS_MAX) + 1):
            bench.say(f"Rust: save {number}")
            time.sleep(0.2)
            watch = Watch(two_cpus())
            took = until_it_says(server, file, text_of(number))
            row.add({"live_ms": took - int(build_ns.read_text()) / 1e6}, watch.stop())
    median = row.median("live_ms")
    result.judge(median <= BAR_MS, f"Rust: {median:.0f} ms beyond the build (bar {BAR_MS} ms)")
    return result
