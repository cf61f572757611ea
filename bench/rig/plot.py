"""Draws a result as SVG: plot.py RESULT.json PICTURE.svg. Run by the system's Python, which sees Debian's matplotlib."""

import json
import math
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)
from matplotlib import ticker  # noqa: E402

OURS, THEIRS = "#2563eb", "#9ca3af"


def bars(axes, rows, column):
    """A bar for each server, the longest on top as in the table; the line on it is the spread of the rounds."""
    rows = [row for row in rows if is_drawn(row, column)]
    metrics = [row["metrics"][column["key"]] for row in rows]
    medians = [metric["median"] for metric in metrics]
    ends = [(metric["min"], metric["max"] if math.isfinite(metric["max"]) else metric["median"]) for metric in metrics]
    spread = [[median - low for median, (low, _) in zip(medians, ends, strict=True)],
              [high - median for median, (_, high) in zip(medians, ends, strict=True)]]
    places = range(len(rows))
    axes.barh(places, medians, xerr=spread, color=[OURS if row["subject"] else THEIRS for row in rows], height=0.65,
              error_kw={"elinewidth": 1, "capsize": 2, "ecolor": "#374151"})
    axes.set_yticks(places, [row["name"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    for place, median, (_, high) in zip(places, medians, ends, strict=True):
        axes.annotate(f" {median:,.{column['digits']}f}", (high, place), va="center", fontsize=8)
    axes.margins(x=0.2)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(4))
    axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}" if max(medians) >= 10 else "{x:,.2f}"))
    axes.spines[["top", "right"]].set_visible(False)
    better = {"lower": " (less is better)", "higher": " (more is better)"}.get(column["better"], "")
    axes.set_title(column["label"] + better, fontsize=10, loc="left")
    axes.tick_params(labelsize=9)


def is_drawn(row, column):
    """Not: what was not measured, of too few samples, without an end."""
    value = row["metrics"].get(column["key"], {}).get("median")
    return value is not None and math.isfinite(value)


def draw(data, file):
    columns = [column for column in data["columns"] if column["plot"] and any(is_drawn(row, column) for row in data["rows"])]
    if not columns:
        return False
    # Text stays text, and the same figures make the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": data["case"], "font.family": "sans-serif"})
    figure, axes = plt.subplots(1, len(columns), figsize=(5.2 * len(columns), 0.6 + 0.36 * len(data["rows"])), squeeze=False)
    for one, column in zip(axes[0], columns, strict=True):
        bars(one, data["rows"], column)
    figure.text(0.005, 0.005, f"{data['machine']['cpu']}, {data['date'].partition(' ')[0]}", fontsize=7, color="#6b7280")
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(file, metadata={"Date": None, "Title": data["title"].partition("\n")[0]}, facecolor="white")
    return True


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        sys.exit(0 if draw(json.load(source), sys.argv[2]) else 3)
