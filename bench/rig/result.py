"""Result: what a case found, and its form as JSON."""

import dataclasses
import datetime
import json

from rig import stats
from rig.machine import BUILD, describe

RESULTS = BUILD / "bench/results"


@dataclasses.dataclass(frozen=True)
class Column:
    """`better`: "lower", "higher", or None where it is neither. `plot`: it is drawn. `rare`: shown only where it is not 0."""

    key: str
    label: str
    digits: int = 0
    better: str | None = None
    spread: bool = False
    plot: bool = False
    rare: bool = False


class Row:
    """A server: the figures of each round."""

    def __init__(self, name, subject=False, note=None):
        self.name, self.subject, self.note = name, subject, note
        self.rounds, self.noise = {}, {}
        self.disturbed = []  # a round each: None, or who did

    def add(self, figures, noise=None):
        self.disturbed.append(noise)
        for key, value in figures.items():
            self.rounds.setdefault(key, []).append(value)
            self.noise.setdefault(key, []).append(noise)

    def derive(self, key, other, formula):
        """A figure that follows from another one, in each round."""
        if other in self.rounds:
            self.rounds[key], self.noise[key] = list(map(formula, self.rounds[other])), self.noise[other]

    def median(self, key):
        return stats.summary(stats.quiet(self.rounds[key], self.noise[key]))["median"]

    def as_json(self):
        metrics = {key: stats.summary(stats.quiet(values, self.noise[key])) for key, values in self.rounds.items()}
        return {"name": self.name, "subject": self.subject, "note": self.note, "metrics": metrics,
                "rounds": len(self.disturbed), "noisy": [who for who in self.disturbed if who]}


class Result:
    """`about` says what was done, with the figures of the setting."""

    def __init__(self, columns, about):
        self.columns, self.about = columns, about
        self.rows, self.absent, self.verdicts, self.notes = [], [], [], []

    def row(self, name, subject=False, note=None):
        self.rows.append(Row(name, subject, note))
        return self.rows[-1]

    def leave_out(self, name, why):
        """A peer that cannot do this is named, never silently absent."""
        self.absent.append({"name": name, "why": why})

    def judge(self, passed, text):
        """A bar of the case: the exit status of `bench/run --check` tells whether all were passed."""
        self.verdicts.append({"passed": bool(passed), "text": text})

    def ratio(self, key, ours, theirs):
        """Of medians; None when one of the rows is not there."""
        rows = {row.name: row for row in self.rows if key in row.rounds}
        return rows[ours].median(key) / rows[theirs].median(key) if ours in rows and theirs in rows else None

    def as_json(self, case, title, versions, seconds):
        return {"case": case, "title": title, "about": self.about, "machine": describe(), "versions": versions,
                "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"), "took_seconds": round(seconds),
                "columns": [dataclasses.asdict(column) for column in self.columns],
                "rows": [row.as_json() for row in self.rows if row.rounds],
                "absent": self.absent, "notes": self.notes, "verdicts": self.verdicts}


def save(data):
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{data['case']}.json"
    file.write_text(json.dumps(data, indent=1) + "\n")
    return file


def saved():
    """All results that there are, by case."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json"))}
