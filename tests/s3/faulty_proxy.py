"""A proxy before an S3 server that breaks things: answers that are lost after the work was done, cut bodies, 503,
garbage, delays. Which request meets what is drawn from a seed."""

import random
import socket
import socketserver
import threading
import time

FAULTS = ["lost", "unasked", "cut", "busy", "garbage", "slow"]


class Connection:
    """Reads HTTP/1.1 messages from a socket."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""

    def receive(self):
        piece = self.sock.recv(1 << 16)
        self.data += piece
        return bool(piece)

    def message(self, has_body=True):
        """(start line, header lines, body), or None at the end. Only bodies with a length."""
        while b"\r\n\r\n" not in self.data:
            if not self.receive():
                return None
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        start, *headers = head.split(b"\r\n")
        if b"100-continue" in head.lower() and start.startswith(b"PUT"):
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            headers = [line for line in headers if not line.lower().startswith(b"expect:")]
        sizes = [line.split(b":", 1)[1] for line in headers if line.lower().startswith(b"content-length:")]
        size = int(sizes[0]) if sizes and has_body else 0
        pieces = [self.data]
        have = len(self.data)
        while have < size:
            piece = self.sock.recv(1 << 18)
            if not piece:
                return None
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        self.data = data[size:]
        return start, headers, data[:size]


def text_of(start, headers, body):
    return b"\r\n".join([start, *headers, b"", b""]) + body


class FaultyProxy:
    """Listens on 127.0.0.1; one request in `one_in` meets a fault."""

    def __init__(self, upstream_port, one_in, seed):
        self.upstream_port = upstream_port
        self.one_in = one_in
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.met = dict.fromkeys(FAULTS, 0)
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    proxy.serve(Connection(self.request))
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def draw(self):
        with self.lock:
            if self.random.randrange(self.one_in):
                return None
            fault = self.random.choice(FAULTS)
            self.met[fault] += 1
            return fault

    def forward(self, request):
        with socket.create_connection(("127.0.0.1", self.upstream_port)) as upstream:
            upstream.sendall(text_of(*request))
            answers = Connection(upstream)
            answer = answers.message(not request[0].startswith(b"HEAD"))
            while answer and answer[0].split()[1].startswith(b"1"):
                answer = answers.message(not request[0].startswith(b"HEAD"))
            return answer

    def serve(self, client):
        while (request := client.message()) is not None:
            fault = self.draw()
            if fault == "unasked":
                return
            if fault == "busy":
                client.sock.sendall(b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nretry-after: 0\r\n\r\n")
                continue
            if fault == "garbage":
                client.sock.sendall(b"\x00\x01<html>what?</html>\r\n\r\n")
                return
            if fault == "slow":
                time.sleep(0.3)
            answer = self.forward(request)
            if answer is None or fault == "lost":
                return
            whole = text_of(*answer)
            if fault == "cut":
                client.sock.sendall(whole[: len(whole) - max(1, len(answer[2]) // 2)])
                return
            client.sock.sendall(whole)
