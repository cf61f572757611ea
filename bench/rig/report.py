"""Results as text: Markdown for people, and the part of docs/performance.md between its markers."""

import math
import re

VERDICTS = {True: "PASS", False: "FAIL", None: "NOT MEASURED"}
BEGIN, END = "<!-- bench: {} -->", "<!-- bench: end -->"


def figure(value, digits):
    """Without an end: as long as requests that failed took."""
    return f"{value:,.{digits}f}" if math.isfinite(value) else "never"


def cell(metric, column):
    """Empty: it was not measured; -: there are too few samples."""
    if metric is None:
        return ""
    if metric["median"] is None:
        return "-"
    text = figure(metric["median"], column["digits"])
    if column["spread"] and len(metric["values"]) > 1:
        text += f" ({figure(metric['min'], column['digits'])} to {figure(metric['max'], column['digits'])})"
    return text


def table(data):
    """A row for each server; bold: Peko; ~: more than half of its rounds were disturbed."""
    columns = [column for column in data["columns"] if is_shown(column, data["rows"])]
    lines = ["| | " + " | ".join(column["label"] for column in columns) + " |", "|---|" + "---:|" * len(columns)]
    for row in data["rows"]:
        name = f"**{row['name']}**" if row["subject"] else row["name"]
        name += " ~" if is_noisy(row) else ""
        cells = [cell(row["metrics"].get(column["key"]), column) for column in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def is_shown(column, rows):
    values = [value for row in rows if column["key"] in row["metrics"] for value in row["metrics"][column["key"]]["values"]]
    return any(values) if column.get("rare") else bool(values)


def is_noisy(row):
    return 2 * len(row["noisy"]) > row["rounds"]


def remarks(data):
    """What belongs to the table: who was disturbed by whom, who is not in it, bars."""
    lines = []
    for row in data["rows"]:
        if row["noisy"]:
            lines.append(f"- {'~ ' if is_noisy(row) else ''}{row['name']}: other work in {len(row['noisy'])} of "
                         f"{row['rounds']} rounds ({worst(row['noisy'])})")
        if row["note"]:
            lines.append(f"- {row['name']}: {row['note']}")
    lines += [f"- Not measured: {absent['name']}: {absent['why']}" for absent in data["absent"]]
    lines += [f"- {note}" for note in data["notes"]]
    lines += [f"- {VERDICTS[verdict['passed']]}: {verdict['text']}" for verdict in data["verdicts"]]
    return "\n".join(lines)


def worst(noisy):
    return max(noisy, key=lambda who: sum(map(int, re.findall(r"(\d+)%", who))))


def section(data, picture=None):
    """A case as Markdown."""
    summary, _, text = data["title"].partition("\n")
    parts = [f"### {summary}", text.strip(), data["about"], table(data), remarks(data)]
    if picture:
        parts.append(f"![{summary}]({picture})")
    return "\n\n".join(part for part in parts if part)


def machine(data, commits=None):
    """A sentence on what was measured on, and with which versions; `commits` of more results than this one."""
    commits = commits or [data["commit"]]
    m = data["machine"]
    kind = "a virtual machine" if m["virtual"] else "a machine"
    cores = f"server on CPU {m['server_cpu']}, load on CPU {m['load_cpu']}"
    cores += ", two threads of one core" if m["same_core"] else ""
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    return (f"{data['date']}: {m['cpu']}, {kind} with {m['cpus']} CPUs and {m['memory_gib']} GiB, Linux {m['kernel']}, {m['system']}; "
            f"{cores}. {versions}. Commit {', '.join(commits)}.")


def put_into(text, sections):
    """The document with what is between `<!-- bench: CASE -->` and `<!-- bench: end -->` replaced, for the cases given."""

    def replaced(match):
        case = match[1]
        inner = sections.get(case, match[2].strip())
        return f"{BEGIN.format(case)}\n{inner}\n{END}"

    return re.sub(r"<!-- bench: (?!end)([\w-]+) -->\n(.*?)" + re.escape(END), replaced, text, flags=re.S)


def missing_from(text, sections):
    """Cases that the document has no place for."""
    return [case for case in sections if BEGIN.format(case) not in text]
