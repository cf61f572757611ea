"""Client: one connection over HTTP/1.1, for the cases that ask a server a few times themselves."""

import dataclasses
import socket
import time

from rig.machine import Missing

PATIENCE = 30  # seconds, of each read


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    milliseconds: float  # from sending the request to having all of it


class Client:
    """A context manager. Missing: the server does not answer in time, or not in HTTP/1.1."""

    def __init__(self, port, patience=PATIENCE):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), patience)
        except OSError as error:
            raise Missing(f"no connection to port {port}: {error}") from None
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, host, path="/", method="GET", fields=(), body=b""):
        """An answer of any status."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {host}", *fields, *([f"content-length: {len(body)}"] if body else [])]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        begin = time.perf_counter()
        try:
            self.socket.sendall(request)
            status, body = self.read_answer()
        except (OSError, ValueError) as error:
            raise Missing(f"{host} did not answer {method} {path}: {error}") from None
        return Answer(status, body, (time.perf_counter() - begin) * 1e3)

    def ok(self, host, **request):
        """An answer of status 200. Missing: another one."""
        answer = self.ask(host, **request)
        if answer.status != 200:
            raise Missing(f"{host} answered {answer.status}: {answer.body[:500].decode(errors='replace')}")
        return answer

    def read_answer(self):
        got = self.until(b"", b"\r\n\r\n")
        head, got = got.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        if b"content-length" in fields:
            length = int(fields[b"content-length"])
            pieces = [got]
            while (left := length - sum(map(len, pieces))) > 0:
                pieces.append(self.receive(left))
            body = b"".join(pieces)
        else:
            body = self.read_chunks(got)
        return int(lines[0].split()[1]), body

    def read_chunks(self, got):
        body = b""
        while True:
            got = self.until(got, b"\r\n")
            size, got = got.split(b"\r\n", 1)
            length = int(size.partition(b";")[0], 16)
            while len(got) < length + 2:
                got += self.receive()
            body, got = body + got[:length], got[length + 2:]
            if length == 0:
                return body

    def until(self, got, mark):
        while mark not in got:
            got += self.receive()
        return got

    def receive(self, most=1 << 18):
        data = self.socket.recv(min(most, 1 << 18))
        if not data:
            raise Missing("the connection was closed in a response")
        return data
