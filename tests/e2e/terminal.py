"""Records docs/terminal.md: mistakes that people make, with what Peko says, and the help of every command. Then what `peko dev`
shows of the samples, which is in README.md.

    PEKO_BIN=build/release/peko python3 -B tests/e2e/terminal.py docs/terminal.md README.md

Each scene is a folder, some files, and a command, run as a person would. What differs from run to run (times, ports,
temporary folders) is given one form, so that a recording can be compared.
"""

import pathlib
import re
import shlex
import socket
import subprocess
import sys

from harness import CACHE, PATIENCE, PEKO, ROOT, Server, environment, guest, run, temporary_folder

INTRODUCTION = """# On the terminal

What Peko says: to the mistakes that people make first, and to `--help` of every command. Recorded from the program by `make docs`
(`tests/e2e/terminal.py`); a test records it again and compares.
"""

HELLO = 'name = "shop"\ncomponent = "shop.wasm"\n'


class Scene:
    """A folder named `shop` in which commands are run."""

    def __init__(self):
        self.root = temporary_folder()
        self.folder = self.root / "shop"
        self.folder.mkdir()
        self.text = ""

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def note(self, text):
        """A line that a person would not see: what a file holds."""
        self.text += f"# {text}\n"

    def type(self, line, user=None, **variables):
        """Runs `line`, whose first word is peko; shows the line, what both streams said, and a status that is not 0."""
        words = shlex.split(line)
        assert words[0] == "peko", line
        env = environment(HOME=str(self.root), COLUMNS="120", PEKO_CACHE_DIR=str(CACHE), **variables)
        env.pop("PEKO_ADMIN")
        done = subprocess.run([PEKO, *words[1:]], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, user=user, timeout=PATIENCE)
        status = "" if done.returncode == 0 else f"[exit status {done.returncode}]\n"
        output = "\n".join(row.rstrip() for row in done.stdout.strip("\n").split("\n"))
        self.text += f"$ {line}\n{output}\n{status}"

    def shown(self):
        return usual(self.text.replace(str(self.root), "~"))


def usual(text):
    """One form for what differs from run to run."""
    text = re.sub(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z", "2026-01-31T12:03:04.567Z", text)
    text = re.sub(r"\b(\d+ min )?\d+(\.\d+)? (ms|s|us)\b", "12 ms", text)
    text = re.sub(r"\bprocess \d+", "process 4711", text)
    return re.sub(r"sha256 [0-9a-f]{12}", "sha256 5f2c90d1e6aa", text)


def wrong_path(scene):
    scene.write("shop/peko.toml", HELLO)
    scene.type("peko dev shpo")
    scene.type("peko build ../nowhere")


def no_manifest(scene):
    scene.type("peko dev --no-watch")
    scene.type("peko deploy --code /srv/peko")


def typo_in_a_key(scene):
    scene.write("peko.toml", 'name = "shop"\ncomponent = "shop.wasm"\n\n[limits]\nmemory_mg = 256\ncpu_ms = "fast"\n')
    scene.note('peko.toml, lines 5 and 6: memory_mg = 256, cpu_ms = "fast"')
    scene.type("peko dev --no-watch")


def port_in_use(scene):
    scene.write("shop.wasm", guest("hello").read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        scene.type(f"peko dev shop.wasm --no-watch --listen 127.0.0.1:{port}")
    scene.text = scene.text.replace(str(port + 1), "3001").replace(str(port), "3000")


def missing_tool(scene):
    scene.write("peko.toml", HELLO + '[build]\ncommand = "cargo build --release --target wasm32-wasip2"\n')
    scene.write("src/index.ts", "export default { fetch: () => new Response('hello') };\n")
    scene.type("peko build", PATH="/nowhere")
    scene.type("peko dev src/index.ts --no-watch", PATH="/nowhere")


def unknown_imports(scene):
    scene.write("shop.wasm", guest("unknown-import").read_bytes())
    scene.type("peko check shop.wasm")


def core_module(scene):
    scene.write("shop.wasm", b"\0asm\1\0\0\0")
    scene.type("peko dev shop.wasm --no-watch")


def not_built(scene):
    scene.write("peko.toml", HELLO + '[build]\ncommand = "make shop.wasm"\n')
    scene.type("peko deploy --no-build --code .")


def wrong_store(scene):
    scene.type("peko versions")
    scene.type("peko versions --code s3:/bucket/peko")
    scene.type("peko versions --code /srv/no-such-folder")


def name_not_allowed(scene):
    scene.write("shop.wasm", guest("hello").read_bytes())
    scene.write("peko.toml", 'name = "My_Shop"\ncomponent = "shop.wasm"\n')
    scene.note('peko.toml, line 1: name = "My_Shop"')
    scene.type("peko dev --no-watch")
    scene.type("peko deploy shop.wasm --name My_Shop --code .")


def no_permission(scene):
    scene.write("shop.wasm", guest("hello").read_bytes())
    (scene.folder / "shop.wasm").chmod(0)
    scene.root.chmod(0o755)
    scene.note("shop.wasm belongs to somebody else")
    scene.type("peko check shop.wasm", user=65534)


def mistyped(scene):
    scene.type("peko delpoy")
    scene.type("peko dev --lisen 127.0.0.1:8000")
    scene.type("peko dev --listen 8000")
    scene.type("peko serve --code /srv/peko --threads many")


MISTAKES = {
    "A path that is not there": wrong_path,
    "A folder without a project": no_manifest,
    "A mistyped key in `peko.toml`": typo_in_a_key,
    "A port that is in use": port_in_use,
    "A tool that is not installed": missing_tool,
    "A component that was not built yet": not_built,
    "A component that imports what Peko does not have": unknown_imports,
    "A core module in place of a component": core_module,
    "A code store that is not there": wrong_store,
    "A name that is not allowed": name_not_allowed,
    "A file that may not be read": no_permission,
    "A mistyped command, flag or value": mistyped,
}


def commands(*before):
    """All commands, as completion knows them: ("secret", "set")."""
    words = [line.split("\t")[0] for line in run("complete-words", *before, "")[1].splitlines() if not line.startswith(":")]
    for word in words:
        if word != "help":
            yield (*before, word)
    if not before:
        yield from commands("secret")


def record():
    """The whole page."""
    page = INTRODUCTION + "\n## Mistakes\n"
    for title, play in MISTAKES.items():
        scene = Scene()
        play(scene)
        page += f"\n### {title}\n\n```console\n{scene.shown()}```\n"
    page += "\n## Help\n"
    for command in [(), *commands()]:
        scene = Scene()
        scene.type(" ".join(("peko", *command, "--help")))
        page += f"\n### `{' '.join(('peko', *command))}`\n\n```console\n{scene.shown()}```\n"
    return page


LISTING = re.compile(r"(?<=```\n)  peko dev  .*?(?=```)", re.S)


def shown_of_samples():
    """What `make run` shows. The lines of what is loaded are in the order of their names: builds run beside each other."""
    server = Server("dev", ROOT / "samples", "--data-dir", temporary_folder(), ready=False)
    server.wait_line(lambda line: "Ctrl-C to stop" in line, 5 * PATIENCE)  # it may compile all of them
    server.wait_ready()
    rows = list(server.lines)
    admin, port = str(server.admin_port()), str(server.port)
    server.stop()
    loaded = [row for row in rows if re.match(r"  [+x] ", row)]
    rest = [row for row in rows if row not in loaded and not re.match(r"\d{4}-", row)]
    at = next(index for index, row in enumerate(rest) if row.startswith("  peko dev")) + 2
    text = "\n".join(rest[:at] + sorted(loaded) + rest[at:]).strip("\n") + "\n"
    return text.replace(f":{port}/", ":3000/").replace(f":{admin}/", ":7070/")


def served_samples():
    """What it shows when it was run before: all that is compiled comes from the cache."""
    shown = shown_of_samples()
    return shown_of_samples() if "compiled in" in shown else shown


def record_readme(path):
    page = path.read_text()
    assert LISTING.search(page), f"{path} has no listing of `peko dev`"
    path.write_text(LISTING.sub(lambda _: served_samples(), page, count=1))


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(record())
    record_readme(pathlib.Path(sys.argv[2]))
