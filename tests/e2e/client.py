"""A raw HTTP/1.1 client for tests: exact bytes out, strict framing in.

Unlike http.client it never hides how a response ended: read_response() returns only what ended as its framing says, and
raises Broken for everything else.
"""

import socket

TIMEOUT = 60


class Broken(Exception):
    """The connection ended, or the bytes stopped making sense, before the response was complete."""

    def __init__(self, why, received=b""):
        super().__init__(f"{why} after {len(received)} bytes of body")
        self.received = received


class Response:
    """A complete response. `fields` keeps the order and the repetitions, names in lower case."""

    def __init__(self, status, fields):
        self.status, self.fields, self.body, self.trailers = status, fields, b"", []

    def __getitem__(self, name):
        return next((value for key, value in self.fields if key == name), None)

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:300]!r}"


class Connection:
    """One TCP connection; a context manager."""

    def __init__(self, port, timeout=TIMEOUT, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes by RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, host, target="/", fields=(), body=None):
        """Sends a request; a body of bytes gets a content-length, an iterator of bytes goes chunked."""
        self.send(head(method, host, target, fields, len(body) if isinstance(body, bytes) else body))
        if isinstance(body, bytes):
            self.send(body)
        elif body is not None:
            for piece in body:
                self.send(chunk(piece))
            self.send(b"0\r\n\r\n")

    def get(self, host, target="/", fields=()):
        self.request("GET", host, target, fields)
        return self.read_response()

    def fill(self):
        """Reads once; False at the end of the stream. A reset raises Broken."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError as error:
            raise Broken(str(error), self.buffer) from None
        self.buffer += data
        return bool(data)

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self.fill():
                raise Broken("end of stream", self.buffer)
        line, self.buffer = self.buffer.split(mark, 1)
        return line

    def read_head(self):
        """Status line and fields, exactly as strict as a test should be."""
        first, *lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1", first
        fields = [(name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines)]
        return Response(int(status), fields)

    def read_exactly(self, count, body):
        while len(self.buffer) < count:
            if not self.fill():
                raise Broken("end of stream", body + self.buffer)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_response(self, method="GET"):
        """The next final response with its whole body."""
        response = self.read_head()
        while response.status < 200:
            response = self.read_head()
        if method != "HEAD" and response.status not in (204, 304):
            self.read_body(response)
        return response

    def read_body(self, response):
        pieces = []
        for piece in self.body_pieces(response):
            pieces.append(piece)
        response.body = b"".join(pieces)

    def body_pieces(self, response):
        """The body piece by piece, as it comes; ends only when the framing says so."""
        count = 0
        if response["transfer-encoding"] == "chunked":
            while size := int(self.read_line(count), 16):
                data = self.read_exactly(size + 2, b"")
                assert data.endswith(b"\r\n"), "a chunk ends by CRLF"
                count += size
                yield data[:-2]
            while line := self.read_line(count):
                response.trailers.append(tuple(part.strip() for part in line.decode("latin-1").split(":", 1)))
        elif response["content-length"] is not None:
            left = int(response["content-length"])
            while left:
                if not self.buffer and not self.fill():
                    raise Broken("end of stream", b"x" * count)
                data, self.buffer = self.buffer[:left], self.buffer[left:]
                left -= len(data)
                count += len(data)
                yield data
        else:
            assert response["connection"] == "close", "a body without framing ends with the connection"
            while True:
                if self.buffer:
                    data, self.buffer = self.buffer, b""
                    yield data
                if not self.fill():
                    return

    def read_line(self, count):
        try:
            return self.read_until(b"\r\n")
        except Broken as error:
            raise Broken(str(error), b"x" * count) from None

    def rest(self):
        """Everything up to the end of the stream; what arrived before a reset counts."""
        try:
            while self.fill():
                pass
        except Broken:
            pass
        data, self.buffer = self.buffer, b""
        return data


def head(method, host, target="/", fields=(), body=None):
    """The head of a request. `body`: None, its length, or anything else for chunked."""
    lines = [f"{method} {target} HTTP/1.1", f"host: {host}", *(f"{name}: {value}" for name, value in fields)]
    if isinstance(body, int):
        lines.append(f"content-length: {body}")
    elif body is not None:
        lines.append("transfer-encoding: chunked")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)
