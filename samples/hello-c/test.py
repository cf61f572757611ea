#!/usr/bin/env python3
"""Tests of the hello-c sample against a running server.

PEKO_URL names the server (default http://127.0.0.1:3000); requests carry Host: hello-c.localhost.
"""

import http.client
import os
import unittest
import urllib.parse

BASE = urllib.parse.urlsplit(os.environ.get("PEKO_URL", "http://127.0.0.1:3000"))


class HelloC(unittest.TestCase):
    def setUp(self):
        self.connection = http.client.HTTPConnection(BASE.hostname, BASE.port or 80, timeout=20)
        self.addCleanup(self.connection.close)

    def ask(self, method="GET", path="/", body=None):
        self.connection.request(method, path, body=body, headers={"host": "hello-c.localhost"})
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def assert_hello(self, answer, body=b"Hello, World!"):
        status, headers, got = answer
        self.assertEqual((status, got), (200, body))
        self.assertEqual(headers["content-type"], "text/plain")
        self.assertEqual(headers["content-length"], "13")
        self.assertIsNone(headers["transfer-encoding"])

    def test_it_says_hello(self):
        self.assert_hello(self.ask())

    def test_it_says_the_same_whatever_it_is_asked(self):
        self.assert_hello(self.ask("GET", "/any/path?with=a&query"))
        self.assert_hello(self.ask("POST", "/", b"a body that nobody reads" * 1000))

    def test_head_has_no_body(self):
        self.assert_hello(self.ask("HEAD"), b"")

    def test_a_connection_serves_many_requests(self):
        for _ in range(500):
            self.assert_hello(self.ask())


if __name__ == "__main__":
    unittest.main()
