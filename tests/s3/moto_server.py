"""moto's S3 server on 127.0.0.1, whose writes happen one after the other: moto_server.py PORT

moto compares an etag and puts the object in two steps, on as many threads as there are requests: two who write under one condition could
both succeed, which no store can notice. Needs moto's own Python.
"""

import io
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple


class WritesInTurn:
    """A WSGI application that reads a whole body first, and then has `application` store it while nobody else stores."""

    def __init__(self, application):
        self.application, self.turn = application, threading.Lock()

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "PUT":
            return self.application(environ, start_response)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size)
        if len(body) < size:
            start_response("400 Bad Request", [("content-length", "0")])
            return []
        environ["wsgi.input"] = io.BytesIO(body)
        with self.turn:
            return [b"".join(self.application(environ, start_response))]


if __name__ == "__main__":
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), WritesInTurn(application), threaded=True, request_handler=MotoRequestHandler)
