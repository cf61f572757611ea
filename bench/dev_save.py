#!/usr/bin/env python3
"""How long a save takes in `peko dev`: from the moment a source file is replaced to the first answer of the new version.

A JavaScript function (bundled by esbuild), and a Rust one that cargo builds; each round saves a new text and asks all
the time. For Rust, what counts is how long a save takes beyond its build, which measures itself. Needs js/node_modules (js/build.sh)
and, for Rust, a cargo with wasm32-wasip2 and the crates of samples/rest-api; without cargo Rust is left out.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

import rig

os.environ.setdefault("PEKO_BIN", str(rig.PEKO))
sys.path.insert(0, str(rig.ROOT / "tests" / "e2e"))

from harness import ROOT, Server, temporary_folder  # noqa: E402  (the folder is known only now)

BAR = 0.150  # seconds
JAVASCRIPT = "export default {{ fetch: () => new Response('save {}') }};\n"
HONO = """import {{ Hono }} from 'hono';
const app = new Hono();
app.get('/', (c) => c.text('save {}'));
export default app;
"""


def javascript(folder, source, modules):
    (folder / "src").mkdir(parents=True)
    (folder / "src/index.ts").write_text(source.format(0))
    (folder / "peko.toml").write_text('name = "saved"\nscript = "src/index.ts"\n')
    (folder / "node_modules").symlink_to(modules)
    return folder / "src/index.ts", source


def rust(folder, took):
    """What it imports is compiled once, in a folder that stays; each build writes its nanoseconds into the file `took`."""
    shutil.copytree(ROOT / "samples/rest-api", folder, ignore=shutil.ignore_patterns("target"))
    target = rig.BUILD / "bench/cargo"
    command = f"CARGO_TARGET_DIR={target} cargo build --offline --release --target wasm32-wasip2"
    (folder / "peko.toml").write_text(f'name = "saved"\ncomponent = "{target}/wasm32-wasip2/release/rest-api.wasm"\n'
                                      f'[build]\ncommand = "begin=$(date +%s%N); {command} && '
                                      f'echo $(($(date +%s%N) - begin)) >{took}"\n')
    subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True)
    main = folder / "src/main.rs"
    source = main.read_text()
    return main, source


def answer_changes(connection, before):
    """Asks until an answer differs; every answer has to be one."""
    while True:
        answer = connection.get("saved.localhost")
        if answer.status >= 500:
            raise rig.Missing(f"a request failed: {answer}")
        if answer.body != before:
            return answer.body


def measure_javascript(source, modules, rounds):
    file, source = javascript(temporary_folder() / "saved", source, modules)
    server = Server("dev", file.parent.parent, "--log", "off")
    took = []
    with server.connect() as connection:
        before = connection.get("saved.localhost").body
        for number in range(1, rounds + 1):
            time.sleep(0.05)
            begin = time.monotonic()
            file.with_suffix(".tmp").write_text(source.format(number))
            os.replace(file.with_suffix(".tmp"), file)
            before = answer_changes(connection, before)
            took.append(time.monotonic() - begin)
    server.stop()
    return took


def measure_rust(rounds):
    """Seconds beyond the build of each time, and what `peko dev` says of it."""
    took = temporary_folder() / "took"
    file, source = rust(temporary_folder() / "saved", took)
    server = Server("dev", file.parent.parent, "--log", "off")
    over = []
    for number in range(1, rounds + 1):
        time.sleep(0.2)
        seen = len(server.lines)
        begin = time.monotonic()
        used = f"#[used]\npub static SAVE: [u8; 1] = [{number}];\n"
        file.with_suffix(".tmp").write_text(source + used)
        os.replace(file.with_suffix(".tmp"), file)
        line = None
        while line is None:
            line = next((text for text in server.lines[seen:] if "live in" in text or " x saved" in text), None)
            time.sleep(0.002)
        if "live in" not in line:
            raise rig.Missing(f"the build failed:\n{server.tail()}")
        over.append((time.monotonic() - begin - int(took.read_text()) / 1e9, line.strip()))
    server.stop()
    return over


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--rust-rounds", type=int, default=5)
    arguments = parser.parse_args()
    missed = False
    cases = [("JavaScript, 1 line", JAVASCRIPT, ROOT / "js/node_modules")]
    hono = ROOT / "samples/hono-api/node_modules"
    if (hono / "hono").is_dir():
        cases.append(("JavaScript, Hono", HONO, hono))
    for name, source, modules in cases:
        took = sorted(measure_javascript(source, modules, arguments.rounds))
        median = statistics.median(took)
        missed |= median > BAR
        ninth = took[len(took) * 9 // 10]
        print(f"{name}: median {1000 * median:.0f} ms, 9 of 10 in {1000 * ninth:.0f} ms, worst {1000 * took[-1]:.0f} ms")
    if shutil.which("cargo") is None or arguments.rust_rounds == 0:
        print("Rust: left out" + ("" if arguments.rust_rounds == 0 else ", there is no cargo"))
        return 1 if missed else 0
    times = measure_rust(arguments.rust_rounds)
    for seconds, line in times:
        print(f"  {1000 * seconds:.0f} ms beyond the build ({line})")
    median = statistics.median(seconds for seconds, _ in times)
    print(f"Rust: median {1000 * median:.0f} ms beyond the build")
    return 1 if missed or median > BAR else 0


if __name__ == "__main__":
    sys.exit(main())
