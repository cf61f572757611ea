#!/usr/bin/env python3
"""Makes the archive of templates that the program contains: all bytes in one file, and a table of C++ beside it.

    pack.py ROOT BYTES TABLE DEPFILE

templates.toml says what goes in and what is changed on the way. Whatever a project would not work with is an error.
"""

import pathlib
import re
import sys
import tomllib

BUILT = {"node_modules", "target", "build", "dist", ".peko", "__pycache__"}
FILE_BYTES_MAX = 512 << 10  # more is a build output that got in
NAME_FILES = {"peko.toml", "package.json", "package-lock.json"}
CRATE_FILES = {"Cargo.toml", "Cargo.lock"}
MARKS = re.compile(rb"\{\{(name|crate)\}\}")
IGNORED = "/.peko/\n/build/\n/target/\nnode_modules/\n__pycache__/\n"  # of samples, which have none of their own
CARGO = '"cargo build --release --target wasm32-wasip2 --target-dir target"'


class Mistake(Exception):
    pass


def walk(folder):
    """The files below a folder, sorted, and all folders: (files, folders)."""
    files, folders = [], [folder]
    for path in sorted(folder.iterdir()):
        if path.name in BUILT:
            continue
        if path.is_symlink():
            raise Mistake(f"{path}: a template has no symbolic links")
        if path.is_dir():
            more_files, more_folders = walk(path)
            files += more_files
            folders += more_folders
        else:
            files.append(path)
    return files, folders


def stand_alone(path, text, sample, files):
    """A file of a sample without what holds only in this repository, and with marks for the sample's name."""
    names = {file.name for file in files}
    if path.name == "peko.toml":
        rust = "Cargo.toml" in names
        component = "target/wasm32-wasip2/release/{{crate}}.wasm" if rust else "build/{{name}}.wasm"
        command = CARGO if rust else '"npm install --no-audit --no-fund && node build.mjs build/{{name}}.wasm"'
        text = re.sub(rf'"(\.\./)+build/samples/{sample}\.wasm"', f'"{component}"', text)
        text = re.sub(rf'"(\.\./)+scripts/build-samples\.sh {sample}"', command, text)
    if path.name in NAME_FILES:
        text = text.replace(f'"{sample}"', '"{{name}}"')
    if path.name in CRATE_FILES:
        text = text.replace(f'"{sample}"', '"{{crate}}"')
    if path.name == "README.md":
        text = re.sub(r"\[([\w-]+)\]\(\.\./[\w-]+/README\.md\)", r"`\1`", text)
        first = "npm install" if "package.json" in names else "peko build"
        text = re.sub(rf"scripts/build-samples\.sh {sample}.*", first, text)
        text = re.sub(rf"cd samples/{sample} && | samples/{sample}(?![\w/-])|samples/{sample}/", "", text)
    if path.name in ("tsconfig.json", "jsconfig.json"):
        text = re.sub(r"(\.\./)+js/types", "./peko-types", text)
    text = re.sub(rf"\b{sample}(?=\.localhost\b|\.<domain>)|(?<=peko secret set ){sample}\b", "{{name}}", text)
    if path.suffix in (".toml", ".json", ".mjs", ".py", ".sh") and "../../" in text:
        raise Mistake(f"{path}: ../../ leads out of the sample, which `peko new` offers as a project of its own")
    return text


def contents(root, path, row, files):
    """The bytes of a file as they go into the archive, and whether there are marks in it."""
    data = path.read_bytes()
    if len(data) > FILE_BYTES_MAX:
        raise Mistake(f"{path}: {len(data)} bytes, at most {FILE_BYTES_MAX}: is it a build output?")
    if row["folder"].startswith("templates/"):
        if path.name == "peko.toml":
            data += (root / "templates/settings.toml").read_bytes()
        return data, MARKS.search(data) is not None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data, False
    changed = stand_alone(path, text, row["name"], files).encode()
    if changed != data and MARKS.search(data):
        raise Mistake(f"{path}: holds what would be taken for a mark: {{{{name}}}} or {{{{crate}}}}")
    return changed, MARKS.search(changed) is not None and changed != data


def files_of(root, row, inputs):
    """The files of a template: (path in the project, bytes, executable, marked)."""
    folder = root / row["folder"]
    files, folders = walk(folder)
    inputs += files + folders
    for path in files:
        data, marked = contents(root, path, row, files)
        yield path.relative_to(folder).as_posix(), data, bool(path.stat().st_mode & 0o100), marked
    if not (folder / ".gitignore").exists():
        yield ".gitignore", IGNORED.encode(), False, False
    if any("js/types" in file.read_text() or "peko-types" in file.read_text()
           for file in files if file.name in ("tsconfig.json", "jsconfig.json")):
        for name in ("index.d.ts", "package.json", "tsconfig.base.json"):
            path = root / "js/types" / name
            inputs.append(path)
            yield f"peko-types/{name}", path.read_bytes(), False, False


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def pack(root, bytes_file, table_file):
    """Writes both files and returns what they were made of."""
    inputs = [root / "templates/templates.toml", root / "templates/settings.toml", pathlib.Path(__file__)]
    rows = [row for row in tomllib.loads(inputs[0].read_text())["template"] if (root / row["folder"]).is_dir()]
    blob, entries, table = bytearray(), [], []
    for row in rows:
        first = len(entries)
        for path, data, executable, marked in sorted(files_of(root, row, inputs)):
            bits = f"{str(executable).lower()}, {str(marked).lower()}"
            entries.append(f"PEKO_FILE({quoted(path)}, {len(blob)}, {len(data)}, {bits})")
            blob += data
        words = ", ".join(quoted(row[key]) for key in ("name", "language", "about", "test"))
        sample = str(row["folder"].startswith("samples/")).lower()
        table.append(f"PEKO_TEMPLATE({words}, {sample}, {first}, {len(entries) - first})")
    write_changed(bytes_file, bytes(blob))
    lines = ["#ifdef PEKO_FILE", *entries, "#endif", "#ifdef PEKO_TEMPLATE", *table, "#endif", ""]
    write_changed(table_file, "\n".join(lines).encode())
    return inputs


def write_changed(path, data):
    """Leaves a file that is as it should be alone: nothing is built again for it."""
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)


def main():
    root, bytes_file, table_file, depfile = map(pathlib.Path, sys.argv[1:])
    try:
        inputs = pack(root, bytes_file, table_file)
    except Mistake as mistake:
        sys.exit(f"pack.py: {mistake}")
    escaped = (str(path).replace(" ", "\\ ") for path in inputs)
    depfile.write_text(f"{table_file}: " + " \\\n  ".join(escaped) + "\n")


if __name__ == "__main__":
    main()
