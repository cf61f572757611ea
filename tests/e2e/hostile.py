"""The hostile guests of tests/guests/hostile and how each of their requests must end: a table for hostile_test and the soak.

An end is written as `STATUS CODE` for an answer that Peko made (`500 PEKO-TRAP`), `broken CODE` for a transfer that the client can
see is broken, and `STATUS BODY` for a whole response of the guest; `then CODE` is what the log says of a call that failed after its
response. ` or ` parts ends that are all right: where time decides, or where the interface leaves it to the host.
"""

import re

from client import Broken

LIMITS = "[limits]\ncpu_ms = 50\nwall_ms = 500\nmemory_mb = 16\nlog_kb = 8\nsubrequests = 50\n[instances]\nidle_seconds = 1\n"
LATE = "broken PEKO-WALL or broken PEKO-CPU or 504 PEKO-WALL or 500 PEKO-CPU"  # for ever: whichever limit is reached first
AFTER_HEAD = "500 PEKO-TRAP or broken PEKO-TRAP"  # the head waits for the end of the guest's turn, and a turn ends when time says
TOO_MUCH = "500 PEKO-TRAP or 200 refused"  # more than a host holds: it may say so, or end the guest

KINDS = ["fields", "headers", "timer", "request", "response", "body", "options", "stdout", "pollable", "future"]

ENDS = {
    "trap": {
        **dict.fromkeys(["unreachable", "divide", "convert", "load", "store", "call-null", "call-wrong-type"],
                        "500 PEKO-TRAP"),
        "recurse": "500 PEKO-STACK",
        "recurse-in-memory": "500 PEKO-TRAP or 500 PEKO-STACK",
        "after-head": AFTER_HEAD,
        "mid-body": "broken PEKO-TRAP",
        "after-body": "200 whole then PEKO-TRAP",
        "post-work": "200 whole then PEKO-TRAP",
        **dict.fromkeys(["exit-ok", "exit-error"], "500 PEKO-EXIT"),
        "exit-after-head": "500 PEKO-EXIT or broken PEKO-EXIT",
        "exit-mid-body": "broken PEKO-EXIT",
        "exit-late": "200 whole then PEKO-EXIT",
    },
    "response": {
        **dict.fromkeys(["crlf-in-value", "lf-in-value", "nul-in-value", "crlf-in-name", "space-in-name", "colon-in-name",
                         "empty-name", "forbidden-connection", "forbidden-transfer-encoding", "change-immutable",
                         "status-0", "status-99", "status-100", "status-101", "status-199", "status-1000",
                         "status-65535"], "200 refused"),
        **dict.fromkeys(["length-not-a-number", "length-negative", "length-too-big"], "200 refused or 200 accepted"),
        **dict.fromkeys(["not-utf8-name", "error-case-99"], "500 PEKO-TRAP"),
        **dict.fromkeys(["huge-value", "many-fields", "giant-list", "clone-fields"], TOO_MUCH),
        "two-lengths": "200 12345 or broken PEKO-TRAP",
        "length-short": "broken PEKO-TRAP",
        "length-long": "200 12345 then PEKO-TRAP or broken PEKO-TRAP",
        **dict.fromkeys(["none", "drop-outparam", "error", "error-with-a-book"], "500 PEKO-NO-RESPONSE"),
        "never": "504 PEKO-WALL",
        "twice": f"200 then PEKO-TRAP or {AFTER_HEAD}",
        "twice-mid-body": "broken PEKO-TRAP",
        "body-dropped": "broken PEKO-TRAP",
        "bad-trailers": "200 first or broken PEKO-TRAP",
    },
    "stream": {
        **dict.fromkeys(["endless", "endless-bytes", "endless-zeroes", "splice-for-ever", "splice-nothing-for-ever",
                         "flush-for-ever", "read-nothing-for-ever"], LATE),
        **dict.fromkeys(["write-unasked", "write-too-much", "write-4gib-of-zeroes", "flush-4gib-of-zeroes", "write-after-drop",
                         "drop-twice", "finish-before-drop"], AFTER_HEAD),
        **dict.fromkeys(["read-after-finish", "drop-body-before-stream"], "500 PEKO-TRAP"),
        "finish-twice": f"200 then PEKO-TRAP or {AFTER_HEAD}",
        **dict.fromkeys(["body-twice", "write-twice", "consume-twice", "stream-twice"], "200 refused"),
        "read-everything-there-is": "200 read",
        "skip-everything-there-is": "200 skipped",
        "splice-into-the-log": "200 logged",
        "unread": "200 unread",
        "unread-never": "504 PEKO-WALL",
    },
    "handles": {
        **{f"leak-{kind}": "500 PEKO-TRAP" for kind in KINDS},
        **{f"keep-{kind}": "200 kept" for kind in KINDS},
        "keep-future": "200 kept then PEKO-SUBREQUESTS",
        **dict.fromkeys(["poll-thousands", "poll-nothing", "poll-out-of-bounds", "unknown-handle", "negative-handle", "wrong-type",
                         "drop-twice", "use-moved", "drop-parent", "misaligned-result", "result-out-of-bounds"], "500 PEKO-TRAP"),
        "poll-one-a-million-times": "500 PEKO-TRAP or 200 polled",
        **dict.fromkeys(["poll-ready-for-ever", "sleep-nothing-for-ever", "sleep-little-for-ever", "timers-for-ever"], LATE),
        "poll-never": "504 PEKO-WALL",
        "drop-request-first": "200 accepted or 500 PEKO-TRAP",
    },
    "host": {
        **dict.fromkeys(["grow-memory", "grow-table"], "500 PEKO-MEMORY"),
        **dict.fromkeys(["grow-table-for-ever", "fill-for-ever", "copy-for-ever", "clock-for-ever", "wall-clock-for-ever",
                         "random-for-ever", "environment-for-ever"], LATE),
        **dict.fromkeys(["random-4gib", "random-everything", "not-utf8", "string-out-of-bounds"], "500 PEKO-TRAP"),
        **dict.fromkeys(["log-flood", "log-empty-lines", "log-not-text"], "200 logged"),
        "subrequests": "200 50 then PEKO-SUBREQUESTS",
        **dict.fromkeys(["crlf-in-target", "crlf-in-method"], "200 refused"),
    },
}
# How an instance ends that does so while it starts: the variable START of its environment.
STARTS = {"trap": "500 PEKO-TRAP", "spin": "500 PEKO-CPU or 504 PEKO-WALL", "wait": "504 PEKO-WALL", "grow": "500 PEKO-MEMORY",
          "recurse": "500 PEKO-STACK", "exit": "500 PEKO-EXIT"}
# What these are sent; nothing for the others.
BODIES = {name: 300_000 for name in ("read-everything-there-is", "skip-everything-there-is", "splice-into-the-log", "splice-for-ever",
                                     "unread", "unread-never")}
# 60 KB, near the most that a manifest may have.
BIG_ENVIRONMENT = "[env]\n" + "".join(f'V{number} = "{"e" * 1000}"\n' for number in range(60))

FUNCTIONS = {
    **{family: (f"hostile/{family}", LIMITS + (BIG_ENVIRONMENT if family == "host" else "")) for family in ENDS},
    **{f"start-{how}": ("hostile/start", f'[env]\nSTART = "{how}"\n{LIMITS}') for how in STARTS},
}


class Attack:
    """One request that ends badly."""

    def __init__(self, function, name, ends):
        self.function, self.name = function, name
        self.ends = ends.split(" or ")
        self.shown = [re.sub(r"^broken .*| then .*", lambda match: match[0][:6] if match[0][0] == "b" else "", end) for end in self.ends]

    def __repr__(self):
        return f"{self.function}/{self.name}"

    def make(self, server):
        """Asks; what the client sees (an end without the log's part), and the request's id."""
        with server.connect() as connection:
            head, identity = None, None
            size = BODIES.get(self.name)
            try:
                try:
                    connection.request("POST" if size else "GET", f"{self.function}.localhost", f"/{self.name}", (),
                                       b"x" * size if size else None)
                except OSError:
                    pass  # answered before it was read
                head = connection.read_head()
                identity = head["peko-request-id"]
                connection.read_body(head)
            except Broken as broken:
                return "broken" if head else f"nothing: {broken}", identity
            shown = head["peko-error"] or head.body.decode("latin-1")
            return f"{head.status} {shown}".strip(), identity

    def is_expected(self, shown):
        """Whether it may end so among many others, which may keep it from the CPU until its time is over."""
        return shown in (*self.shown, "504 PEKO-WALL", "broken")


ATTACKS = [Attack(family, name, ends) for family, table in ENDS.items() for name, ends in table.items()]
ATTACKS += [Attack(f"start-{how}", "", ends) for how, ends in STARTS.items()]
