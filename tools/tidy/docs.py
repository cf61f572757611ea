"""Documents: their links lead somewhere, and the map of the rooms is true."""

import re
from pathlib import PurePosixPath

from tree import Problem

LINK = re.compile(r"(?<!\\)\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
ROOM_ROW = re.compile(r"^\|\s*`([a-z_]+)/`\s*\|(.*)$")
MAP = "docs/architecture.md"


def prose(file):
    """The lines outside of code blocks, numbered."""
    inside = False
    for number, line in enumerate(file.lines, 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, re.sub(r"`[^`]*`", "", line)


def check_links(tree):
    for file in tree.files:
        if file.suffix != ".md":
            continue
        folder = PurePosixPath(file.path).parent
        for number, line in prose(file):
            for target in LINK.findall(line):
                path = target.split("#")[0]
                if not path or re.match(r"[a-z][a-z0-9+.-]*:", path):
                    continue
                where = path.lstrip("/") if path.startswith("/") else str(folder / path)
                if not tree.has(where):
                    yield Problem(file.path, number, f"the link leads nowhere: {target}")


def check_map(tree):
    """The table of rooms: one row "| `name/` | ..." each; a row of a room to come says "(later)"."""
    page = next((file for file in tree.files if file.path == MAP), None)
    if page is None:
        yield Problem(MAP, 0, "the page that tells the rooms is missing")
        return
    named = {}
    for number, line in enumerate(page.lines, 1):
        match = ROOM_ROW.match(line)
        if match:
            named[match.group(1)] = (number, "(later)" in match.group(2))
    for room, (number, later) in named.items():
        if room not in tree.rooms and not later and not tree.has(room):
            yield Problem(MAP, number, f"there is no room {room}: remove the row, or mark it (later)")
    for room in tree.rooms:
        if room not in named:
            yield Problem(MAP, 0, f"room {room} is missing: add a row | `{room}/` | what it holds |")


RULES = [check_links, check_map]
