"""Every file: length, whitespace, names, nothing that is true on one machine only."""

import re

from tree import Problem

CODE_SUFFIXES = {".hpp", ".cpp", ".h", ".c", ".rs", ".py", ".sh", ".cmake", ".ts", ".tsx", ".js", ".mjs"}
TEXT_SUFFIXES = CODE_SUFFIXES | {".md", ".toml", ".yml", ".yaml", ".json", ".txt", ".html", ".css"}
COLUMNS_MAX = 120
# Where no formatter breaks lines by itself.
COLUMNS_MAX_BY_HAND = 140
# Samples are projects of their own, each with the habits of its language.
COLUMNS_FREE = ("samples/", "LICENSE")
LINES_WARN = 400
LINES_MAX = 600
TEST_LINES_MAX = 1000

MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home/\w+|Users/\w+)/")
REGISTRY_HOST = re.compile(
    r"registry\.npmjs\.org|registry\.yarnpkg\.com|\bpypi\.org|files\.pythonhosted\.org|(static|index)\.crates\.io"
    r"|proxy\.golang\.org|\bdeb\.debian\.org|static\.rust-lang\.org|sh\.rustup\.rs"
)
# rustup has one official address, and a fresh machine needs it.
REGISTRY_HOST_FINE = {"scripts/setup.sh"}
NAME = re.compile(r"^[a-z0-9_]+(\.[a-z0-9]+)*$")
# What several samples have, because each of them is a project that is copied alone.
COPIES = [re.compile(r"samples/[^/]+/test/peko\.mjs"), re.compile(r"samples/[^/]+/peko_dev\.py")]


def generated(file):
    return file.name.endswith((".lock", "-lock.json", ".svg")) or file.path == "LICENSE"


def check_whitespace(tree):
    for file in tree.files:
        # Inputs of the fuzzers are bytes, not text.
        known = file.suffix in TEXT_SUFFIXES or "/" not in file.path or file.name == "Makefile"
        if generated(file) or not known or "/corpus/" in file.path:
            continue
        tabs_fine = file.name == "Makefile" or file.suffix not in CODE_SUFFIXES
        for number, line in enumerate(file.lines, 1):
            if "\t" in line and not tabs_fine:
                yield Problem(file.path, number, "a tab: use spaces")
            if line != line.rstrip():
                yield Problem(file.path, number, "space at the end of the line")
            columns = COLUMNS_MAX if file.is_cpp else COLUMNS_MAX_BY_HAND
            too_long = len(line) > columns and "://" not in line
            measured = file.suffix in CODE_SUFFIXES and not file.path.startswith(COLUMNS_FREE)
            if too_long and measured and 'R"' not in line:
                yield Problem(file.path, number, f"{len(line)} columns: break it at {COLUMNS_MAX} (C++: make fmt)")
        if file.text and not file.text.endswith("\n"):
            yield Problem(file.path, len(file.lines), "no line end at the end of the file")


def check_length(tree):
    for file in tree.files:
        if file.suffix not in CODE_SUFFIXES or generated(file):
            continue
        lines = len(file.lines) - 1
        test = file.is_test or file.path.startswith(("tests/", "fuzz/"))
        if lines > (TEST_LINES_MAX if test else LINES_MAX):
            yield Problem(file.path, 0, f"{lines} lines: give a part of it a file and a name of its own")
        elif lines > LINES_WARN and not test:
            yield Problem(file.path, 0, f"{lines} lines: look for a part that deserves a name", warning=True)


def check_names_and_guards(tree):
    for file in tree.under("src/"):
        if not file.is_cpp:
            continue
        if not NAME.match(file.name):
            yield Problem(file.path, 0, "file names are snake_case, after the one type they hold")
        if file.suffix == ".h" or file.suffix == ".hh":
            yield Problem(file.path, 0, "C++ headers end in .hpp")
        if file.suffix == ".hpp" and "#pragma once" not in file.lines:
            yield Problem(file.path, 0, "a header has #pragma once")
        if file.suffix == ".cpp" and not file.is_test and tree.has(file.path[: -len(".cpp")] + ".hpp"):
            own = file.path[len("src/") : -len(".cpp")] + ".hpp"
            first = next((line for line in file.lines if line.startswith("#include")), "")
            if first != f'#include "{own}"':
                yield Problem(file.path, 0, f'the first include is "{own}", so that the header is complete by itself')


def check_machines(tree):
    for file in tree.files:
        if file.path.startswith("tools/tidy/"):
            continue
        for number, line in enumerate(file.lines, 1):
            if MACHINE_PATH.search(line) and not file.is_test:
                yield Problem(file.path, number, "a path of one machine: make it relative, or ask the environment")
            if REGISTRY_HOST.search(line) and file.path not in REGISTRY_HOST_FINE:
                yield Problem(
                    file.path,
                    number,
                    "a registry's host: the client's settings name it (npm: omit-lockfile-registry-resolved=true)",
                )


def check_scripts(tree):
    for file in tree.files:
        first = file.lines[0] if file.lines else ""
        if not first.startswith("#!"):
            continue
        if not file.is_executable:
            yield Problem(file.path, 1, "a script with #! is executable (chmod +x)")
        if re.search(r"\b(ba)?sh\b", first) and "set -euo pipefail" not in file.text:
            yield Problem(file.path, 1, "a shell script says: set -euo pipefail")


def check_copies(tree):
    for pattern in COPIES:
        copies = [file for file in tree.files if pattern.fullmatch(file.path)]
        for file in copies[1:]:
            if file.text != copies[0].text:
                first = copies[0].path
                yield Problem(file.path, 0, f"it differs from {first}: change that one and copy it to the others")


RULES = [check_whitespace, check_length, check_names_and_guards, check_machines, check_scripts, check_copies]
