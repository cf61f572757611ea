#!/usr/bin/env python3
"""Tests of the hello-c sample on `peko dev`, or on the server that PEKO_URL names (peko_dev)."""

import http.client
import unittest

from peko_dev import PekoDev


def setUpModule():
    global SERVER
    SERVER = PekoDev()
    unittest.addModuleCleanup(SERVER.stop)


class HelloC(unittest.TestCase):
    def setUp(self):
        self.connection = http.client.HTTPConnection(SERVER.host, SERVER.port, timeout=20)
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
