"""Result: what a case found, and its form as JSON."""

import dataclasses
import datetime
import json

from rig import stats
from rig.machine import BUILD, describe

RESULTS, QUICK = BUILD / "bench/results", BUILD / "bench/quick"


@dataclasses.dataclass(frozen=True)
class Column:
    """`better`: "lower", "higher", or None where it is neither. `plot`: it is drawn. `rare`: shown only where it is not 0. `pool`: it is
    the quantile `share` of samples of that name, of all rounds together."""

    key: str
    label: str
    digits: int = 0
    better: str | None = None
    spread: bool = False
    plot: bool = False
    rare: bool = False
    pool: str | None = None
    share: float = 0.5


class Row:
    """A server: the figures of each round, and samples for the quantiles among the columns."""

    def __init__(self, name, subject=False, note=None, columns=()):
        self.name, self.subject, self.note = name, subject, note
        self.rounds, self.noise = {}, {}
        self.pools = {column.key: (column.pool, column.share) for column in columns if column.pool}
        self.disturbed = []  # a round each: None, or who did

    def add(self, figures, noise=None, samples=None):
        self.disturbed.append(noise)
        for key, value in {**figures, **(samples or {})}.items():
            self.rounds.setdefault(key, []).append(value)
            self.noise.setdefault(key, []).append(noise)

    def derive(self, key, other, formula):
        """A figure that follows from another one, in each round."""
        if other in self.rounds:
            self.rounds[key], self.noise[key] = list(map(formula, self.rounds[other])), self.noise[other]

    def metric(self, key):
        """None where nothing was measured."""
        name, share = self.pools.get(key, (key, None))
        if name not in self.rounds:
            return None
        if share is not None:
            return stats.pooled(self.rounds[name], self.noise[name], share)
        return stats.summary(stats.quiet(self.rounds[name], self.noise[name]))

    def median(self, key):
        """None of too few samples, too."""
        found = self.metric(key)
        return found and found["median"]

    def as_json(self):
        samples = {name for name, _ in self.pools.values()}
        found = {key: self.metric(key) for key in [*self.rounds, *self.pools] if key not in samples}
        metrics = {key: metric for key, metric in found.items() if metric}
        return {"name": self.name, "subject": self.subject, "note": self.note, "metrics": metrics,
                "rounds": len(self.disturbed), "noisy": [who for who in self.disturbed if who]}


class Result:
    """`about` says what was done, with the figures of the setting."""

    def __init__(self, columns, about):
        self.columns, self.about = columns, about
        self.rows, self.absent, self.verdicts, self.notes = [], [], [], []

    def row(self, name, subject=False, note=None):
        self.rows.append(Row(name, subject, note, self.columns))
        return self.rows[-1]

    def leave_out(self, name, why):
        """A peer that cannot do this is named, never silently absent."""
        self.absent.append({"name": name, "why": why})

    def judge(self, passed, text):
        """A bar of the case: the exit status of `bench/run --check` tells whether all were passed. None: what it needs was not measured,
        and so it was not passed."""
        self.verdicts.append({"passed": None if passed is None else bool(passed), "text": text})

    def ratio(self, key, ours, theirs):
        """Of medians; None when one of the rows is not there."""
        rows = {row.name: row for row in self.rows if key in row.rounds}
        return rows[ours].median(key) / rows[theirs].median(key) if ours in rows and theirs in rows else None

    def as_json(self, case, title, versions, seconds, setting=None):
        return {"case": case, "title": title, "about": self.about, "machine": describe(), "versions": versions,
                "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"), "took_seconds": round(seconds),
                **(setting or {}),
                "columns": [dataclasses.asdict(column) for column in self.columns],
                "rows": [row.as_json() for row in self.rows if row.rounds],
                "absent": self.absent, "notes": self.notes, "verdicts": self.verdicts}


def folder(quick):
    """Of results; those of `--quick` are none, and lie elsewhere."""
    return QUICK if quick else RESULTS


def forget(case, quick):
    """A result that is being measured anew: should that fail, the old one must not pass for it."""
    for kind in ("json", "md", "svg"):
        (folder(quick) / f"{case}.{kind}").unlink(missing_ok=True)


def save(data):
    file = folder(data["quick"]) / f"{data['case']}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, indent=1) + "\n")
    return file


def saved():
    """All results that there are, by case."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json"))}
