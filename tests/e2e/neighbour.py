"""A well-behaved client in a process of its own: asks hello on schedule and prints what it saw as JSON.

    python3 neighbour.py PORT SECONDS RATE

Latencies count from when a request was due, so that a server that stalls is charged for all that it delays.
"""

import json
import sys
import time

from client import Broken, Connection


def ask(port, seconds, rate):
    latencies, wrong = [], []
    with Connection(port) as connection:
        connection.get("hello.localhost")
        start = time.monotonic()
        for number in range(int(seconds * rate)):
            due = start + number / rate
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            try:
                response = connection.get("hello.localhost")
            except (Broken, OSError) as error:
                wrong.append(repr(error))
                break
            if (response.status, response.body) != (200, b"Hello, World!"):
                wrong.append(repr(response))
            latencies.append(time.monotonic() - due)
    latencies.sort()
    return {"asked": len(latencies), "wrong": wrong, "p50": latencies[len(latencies) // 2], "p99": latencies[len(latencies) * 99 // 100]}


if __name__ == "__main__":
    print(json.dumps(ask(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))))
