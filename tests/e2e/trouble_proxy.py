"""A proxy before an S3 server that makes it kinds of trouble, one at a time, for as long as the test wants."""

import sys
import time

from harness import ROOT

sys.path.insert(0, str(ROOT / "tests" / "s3"))

from faulty_proxy import FaultyProxy  # noqa: E402  (the folder is known only now)

HANG = "hang"  # takes requests and says nothing
KINDS = {
    "killed": "unasked",  # connections end without an answer
    "hung": HANG,
    "garbage": "garbage",
    "busy": "busy",  # 503 SlowDown
    "cut": "cut",  # bodies end in the middle
}


class TroubleProxy(FaultyProxy):
    """`trouble`: a key of KINDS, or None. `requests`: the start lines of all that came."""

    def __init__(self, upstream_port):
        self.trouble, self.requests = None, []
        super().__init__(upstream_port, one_in=1, seed=0)
        self.met[HANG] = 0

    def draw(self):
        met = self.trouble
        if met is None:
            return None
        fault = KINDS[met]
        self.met[fault] += 1
        if fault != HANG:
            return fault
        while self.trouble == met:
            time.sleep(0.05)
        return "unasked"

    def forward(self, request):
        self.requests.append(request[0].decode("latin-1"))
        return super().forward(request)
