"""Calls and words that have no place in the code, each with what to use instead."""

import re

from files import generated
from tree import Problem

EVERYWHERE = ()

# (pattern in code without comments and strings, what to do instead, path prefixes where it is fine)
BANNED_IN_SRC = [
    (r"\bthrow\b", "return fail(Code::..., message): nothing in src/ throws", EVERYWHERE),
    (
        r"\bstd::c(out|err|log)\b|(?<!\w)(f|v|vf)?printf\s*\(|(?<!\w)f?puts\s*\(",
        "write to LogSink (base/log.hpp); only cli/ and apps/ talk to the terminal",
        ("src/cli/", "src/apps/", "src/base/assert.cpp"),
    ),
    (
        r"(?<!\w)s?rand\s*\(|\bstd::(mt19937\w*|random_device|default_random_engine)\b",
        "use base/random.hpp: luck is an input",
        EVERYWHERE,
    ),
    (
        r"\b(sleep_for|sleep_until)\b|(?<![\w.])(u?sleep|nanosleep)\s*\(",
        "wait for an event or a Deadline; in tests, move FakeClock",
        EVERYWHERE,
    ),
    (
        r"(?<!\w)(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(",
        "use std::string, std::string_view or fmt::format",
        EVERYWHERE,
    ),
    (
        r"(?<!\w)(atoi|atol|atoll|atof|strto(l|ll|ul|ull|d|f)|std::sto(i|l|ll|ul|ull|d|f))\s*\(",
        "use std::from_chars and check both of its results",
        EVERYWHERE,
    ),
    (r"\.detach\s*\(", "join it: whoever starts a thread owns and stops it", EVERYWHERE),
    (r"\busing\s+namespace\b(?!\s+std::\w*literals\b)", "name what you use", EVERYWHERE),
    (r"\bstd::w?regex\b", "it recurses on its input: write a scanner", EVERYWHERE),
    (
        r"(?<![\w:])assert\s*\(|<cassert>|<assert\.h>",
        'use PEKO_ASSERT(condition, "why"), on in release too',
        EVERYWHERE,
    ),
    (r"(?<![\w.>:])(system|popen)\s*\(", "use posix_spawn with an argument list: no shell", EVERYWHERE),
    (
        r"(?<!\w)(localtime|gmtime|ctime|asctime)\s*\(",
        "not safe with threads: use append_timestamp (base/log.hpp)",
        EVERYWHERE,
    ),
    (
        r"(?<![\w.>])::?signal\s*\(\s*SIG\w+\s*,(?!\s*SIG_)",
        "use sigaction: its meaning is the same everywhere",
        EVERYWHERE,
    ),
    (r"\bstd::async\b", "its future blocks when it is destroyed: use the blocking pool", EVERYWHERE),
]

BANNED_IN_RUST = [
    (r"\b(todo|unimplemented|dbg)!", "finish it", EVERYWHERE),
    (
        r"\b(e?print(ln)?)!",
        "the bridge has no output of its own: return it through the header",
        ("samples/", "tests/", "bridge/tests/", "bridge/build.rs"),
    ),
]

# A comment "tidy: why it is right here" on the line or above it allows one banned call.
ALLOWED = re.compile(r"//.*\btidy: \w+")

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SAFETY_LINES = 8


def find(file, lines, table):
    for pattern, instead, fine in table:
        if file.path.startswith(fine) and fine:
            continue
        compiled = re.compile(pattern)
        for number, line in enumerate(lines, 1):
            match = compiled.search(line)
            allowed = any(ALLOWED.search(near) for near in file.lines[max(0, number - 2) : number])
            if match and not allowed:
                yield Problem(file.path, number, f"{match.group().strip()}: {instead}")


def check_banned_calls(tree):
    for file in tree.under("src/"):
        if file.is_cpp:
            # Includes keep their names when strings are blanked only if they are in angle brackets; that is enough here.
            yield from find(file, file.code, BANNED_IN_SRC)
    for file in tree.files:
        if file.suffix == ".rs" and file.path.startswith("bridge/"):
            yield from find(file, [re.sub(r'//.*|"(?:\\.|[^"\\])*"', "", line) for line in file.lines], BANNED_IN_RUST)


def check_unfinished(tree):
    for file in tree.files:
        if file.path.startswith("tools/tidy/") or generated(file):
            continue
        for number, line in enumerate(file.lines, 1):
            match = UNFINISHED.search(line)
            if match:
                yield Problem(
                    file.path, number, f"{match.group()}: finish it, or say in present tense what is not there"
                )


def check_casts_are_explained(tree):
    """style.md section 6: "Safety:" before each reinterpret_cast; one comment may stand for a few lines."""
    for file in tree.under("src/"):
        if not file.is_cpp or file.is_test:
            continue
        for number, line in enumerate(file.code, 1):
            if "reinterpret_cast" in line and not explained(file, number):
                yield Problem(
                    file.path,
                    number,
                    'reinterpret_cast: a comment before it begins with "Safety:" and says why it holds',
                )
    for file in tree.under("bridge/src/"):
        for number, line in enumerate(file.lines, 1):
            if re.match(r"[^/\"]*\bunsafe\s*(\{|impl\b)", line) and not explained(file, number):
                yield Problem(
                    file.path, number, 'unsafe: a comment before it begins with "Safety:" and says why it holds'
                )


def explained(file, number):
    return any(
        re.search(r"safety\b", line, re.IGNORECASE) for line in file.lines[max(0, number - SAFETY_LINES) : number]
    )


RULES = [check_banned_calls, check_unfinished, check_casts_are_explained]
