"""An HTTP server for the functions under test to talk to: what the network has behind it."""

import contextlib
import socket
import threading

from client import Broken, Connection, chunk


class Origin:
    """Listens on 127.0.0.1. Paths: /data, /big/N, /echo, /status/N, /redirect/URL, /cut, /silent, /trailers; `requests` are those
    received, as (method, target, fields), `connections` counts, `gone` those that are over, `sent` the bytes of /big."""

    def __init__(self, tls=None):
        """`tls`: an ssl.SSLContext, for https."""
        self.tls = tls
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.lock, self.requests, self.connections, self.gone, self.sent = threading.Lock(), [], 0, 0, 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def fields_of(self, target):
        """Of the last request for it."""
        with self.lock:
            return dict(next(fields for _, asked, fields in reversed(self.requests) if asked == target))

    def count(self, target=None):
        with self.lock:
            return sum(target in (None, asked) for _, asked, _ in self.requests)

    def _accept(self):
        with contextlib.suppress(OSError):  # close() ends it
            while True:
                accepted, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted):
        with self.lock:
            self.connections += 1
        connection = Connection.__new__(Connection)
        connection.socket, connection.buffer = accepted, b""
        with connection, contextlib.suppress(Broken, OSError):
            if self.tls:
                connection.socket = self.tls.wrap_socket(accepted, server_side=True)
            while self._answer(connection):
                pass
        with self.lock:
            self.gone += 1

    def _answer(self, connection):
        """Whether the connection goes on."""
        line, *lines = connection.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        fields = [(name.lower(), value.strip()) for name, value in (field.split(":", 1) for field in lines)]
        with self.lock:
            self.requests.append((method, target, fields))
        kind, _, rest = target[1:].partition("/")
        given = dict(fields)
        has_body = "transfer-encoding" in given or given.get("content-length", "0") != "0"
        if kind == "echo":
            connection.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            for piece in self._body(connection, given) if has_body else ():
                connection.send(chunk(piece))
            connection.send(b"0\r\nx-checksum: abc\r\n\r\n")
        elif kind == "big":
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % int(rest))
            piece = b"0123456789abcdef" * 4096
            for at in range(0, int(rest), len(piece)):
                connection.send(piece[:int(rest) - at])
                with self.lock:
                    self.sent += len(piece)
        elif kind == "status":
            connection.send(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % int(rest))
        elif kind == "redirect":
            connection.send(b"HTTP/1.1 302 Found\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n" % rest.encode())
        elif kind == "cut":
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart")
            return False
        elif kind == "silent":
            connection.fill()  # until the other side gives up
            return False
        else:
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndata")
        return True

    @staticmethod
    def _body(connection, fields):
        if "content-length" in fields:
            yield connection.read_exactly(int(fields["content-length"]), b"")
            return
        while size := int(connection.read_until(b"\r\n"), 16):
            yield connection.read_exactly(size + 2, b"")[:-2]
        connection.read_until(b"\r\n")
