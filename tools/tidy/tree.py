"""The files of a source tree, as the rules of tidy see them."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

SKIPPED_FOLDERS = {".git", "build", "node_modules", "target", "dist", "__pycache__"}
CPP_SUFFIXES = {".hpp", ".cpp", ".h", ".hh"}


@dataclass(frozen=True)
class Problem:
    """One finding. `line` is 0 for a file as a whole; a warning is shown but does not fail."""

    path: str
    line: int
    message: str
    warning: bool = False

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {'warning: ' if self.warning else ''}{self.message}"


def without_comments_and_strings(text):
    """C++ text whose comments, strings and characters are blanked, with every line where it was."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL,
    )

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return pattern.sub(blank, text)


@dataclass
class File:
    """One text file; `path` is relative to the tree, with slashes."""

    path: str
    absolute: Path

    @cached_property
    def text(self):
        return self.absolute.read_text(encoding="utf-8", errors="replace")

    @cached_property
    def lines(self):
        return self.text.split("\n")

    @cached_property
    def code(self):
        """The lines without comments and strings; for C++."""
        return without_comments_and_strings(self.text).split("\n")

    @property
    def name(self):
        return self.path.rsplit("/", 1)[-1]

    @property
    def suffix(self):
        return Path(self.path).suffix

    @property
    def is_cpp(self):
        return self.suffix in CPP_SUFFIXES

    @property
    def is_test(self):
        return self.name.endswith(("_test.cpp", "_test.py")) or self.name.startswith("fake_")

    @property
    def room(self):
        """The room of a file under src/, or None."""
        parts = self.path.split("/")
        return parts[1] if len(parts) > 2 and parts[0] == "src" else None

    @property
    def is_executable(self):
        return os.access(self.absolute, os.X_OK)


@dataclass
class Tree:
    """A tree and the rooms that its CMake files declare: name -> names it may include."""

    root: Path
    rooms: dict
    files: list = field(default_factory=list)

    @classmethod
    def load(cls, root, rooms):
        root = Path(root)
        paths = sorted(list_files(root))
        files = [File(path, root / path) for path in paths if is_text(root / path)]
        return cls(root, rooms, files)

    def under(self, folder):
        return [file for file in self.files if file.path.startswith(folder)]

    def has(self, path):
        return (self.root / path).exists()


def list_files(root):
    """What git knows or would add; without git, everything but the skipped folders."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
        return [path for path in set(listed) if path and (root / path).is_file()]
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        found += [str((Path(folder) / name).relative_to(root)) for name in names]
    return found


def is_text(path):
    with open(path, "rb") as file:
        return b"\0" not in file.read(8192)


def read_rooms(path):
    """The table that CMake writes: a line "name: dep dep" for each room, lowest first."""
    rooms = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        name, _, dependencies = line.partition(":")
        if name.strip():
            rooms[name.strip()] = dependencies.split()
    return rooms
