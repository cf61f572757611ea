"""Rooms: who may include whom, which room owns which library, and what every room has."""

import re

from tree import Problem

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
README_LINES_MAX = 40

# A header (by the start of its name) and the rooms that may include it outside of tests.
OWNED_HEADERS = [
    ("peko_bridge.h", {"engine"}, "engine/ wraps the bridge: use its types"),
    ("toml++/", {"base"}, "use base/config_text.hpp"),
    ("sys/epoll.h", {"net", "http"}, "use net/loop.hpp"),
    ("sys/eventfd.h", {"net"}, "use Loop::post"),
    ("sys/socket.h", {"net"}, "use the sockets of net/"),
    ("netinet/", {"net"}, "use the sockets of net/"),
    ("netdb.h", {"net"}, "use the resolver of net/"),
    ("boost/asio", {"net"}, "use net/"),
    ("boost/beast", {"http"}, "use http/"),
    ("CLI/", {"cli", "apps"}, "flags are read in cli/ and handed down as options"),
    ("seccomp.h", {"node"}, "processes are confined by node/compile_sandbox.hpp"),
    ("curl/", {"cloud", "node"}, "use cloud/http_transport.hpp"),
    ("pugixml", {"cloud", "code"}, "XML is read in code/s3_xml.hpp and cloud/credentials_document.hpp"),
    ("openssl/", {"base", "net"}, "use base/hash.hpp, or TLS of net/"),
]


def reachable(rooms, name):
    """A room may include itself, what it declares, and what those declare."""
    found, waiting = {name}, list(rooms.get(name, []))
    while waiting:
        room = waiting.pop()
        if room not in found:
            found.add(room)
            waiting += rooms.get(room, [])
    return found


def check_includes(tree):
    for file in tree.under("src/"):
        if not file.is_cpp or file.room is None:
            continue
        if file.room not in tree.rooms:
            yield Problem(
                file.path, 0, f"room {file.room} is not declared: add peko_room({file.room} ...) to its CMakeLists.txt"
            )
            continue
        allowed = reachable(tree.rooms, file.room)
        for number, line in enumerate(file.lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            header = match.group(2)
            yield from check_owner(file, number, header)
            if match.group(1) != '"' or header == "peko_bridge.h":
                continue
            room = header.split("/")[0]
            if "/" not in header or room not in tree.rooms:
                yield Problem(file.path, number, f'"{header}" names no room: write "room/file.hpp"')
            elif room not in allowed:
                yield Problem(
                    file.path,
                    number,
                    f"{file.room} may not include {room}: it declares {', '.join(tree.rooms[file.room]) or 'no room'}; "
                    "move the code down, or let the lower room define an interface",
                )


def check_owner(file, number, header):
    if file.is_test:
        return
    for start, owners, instead in OWNED_HEADERS:
        if header.startswith(start) and file.room not in owners:
            yield Problem(file.path, number, f"only {' and '.join(sorted(owners))} includes <{header}>: {instead}")


def check_room_parts(tree):
    for room in tree.rooms:
        readme = f"src/{room}/README.md"
        if not tree.has(readme):
            yield Problem(readme, 0, "each room has a README.md that says what it holds and what it knows nothing of")
            continue
        lines = len((tree.root / readme).read_text(encoding="utf-8").splitlines())
        if lines > README_LINES_MAX:
            yield Problem(readme, 0, f"{lines} lines; a room is told in {README_LINES_MAX}")


def check_sources_are_built(tree):
    """A .cpp that no CMakeLists.txt names is dead, and a test among them never runs."""
    for file in tree.under("src/"):
        if file.suffix != ".cpp" or file.room is None:
            continue
        cmake = tree.root / "src" / file.room / "CMakeLists.txt"
        inside = file.path.split("/", 2)[2]
        if not cmake.exists() or not re.search(
            rf"(?<![\w./-]){re.escape(inside)}(?![\w./-])", cmake.read_text(encoding="utf-8")
        ):
            yield Problem(file.path, 0, f"src/{file.room}/CMakeLists.txt does not name it: it is never built")


RULES = [check_includes, check_room_parts, check_sources_are_built]
