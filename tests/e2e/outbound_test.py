"""Requests that functions send: where they may go, and where no spelling takes them."""

import socket
import ssl
import subprocess
import threading
import unittest

from client import Broken
from harness import SANITIZED, Case, Server, main, run, store, temporary_folder, until
from origin import Origin

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def settings(origins, limits=""):
    allow = ", ".join(f'"{origin}"' for origin in origins)
    return f"[http]\nallow = [{allow}]\n{limits}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class WithOrigin(Case):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.closed = free_port()
        cls.at = f"127.0.0.1:{cls.origin.port}"
        cls.FUNCTIONS = cls.functions()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.origin.close()


class Allowed(WithOrigin):
    FLAGS = (*Case.FLAGS, "--outbound-allow-ranges", "127.0.0.0/8")

    @classmethod
    def functions(cls):
        allow = settings([cls.origin.url(), f"http://localhost:{cls.origin.port}", f"http://127.0.0.1:{cls.closed}"])
        return {"hello": "", "fetch": allow, "relay": allow,
                "fetch-many": settings([cls.origin.url()], "[limits]\nsubrequests = 3\n"),
                "at-once": ("fetch-many", settings([cls.origin.url()], "[limits]\nsubrequests_at_once = 2\n")),
                "short": ("fetch", allow + "[limits]\nwall_ms = 300\n")}

    def test_a_function_gets_what_the_origin_says(self):
        response = self.ask("fetch", f"/{self.at}/data?x=1")
        self.assertEqual((response.status, response.body), (200, b"data"))
        fields = self.origin.fields_of("/data?x=1")
        self.assertEqual(fields["host"], self.at)
        self.assertNotIn("transfer-encoding", fields, "a GET has no body")
        self.assertNotIn("traceparent", fields)
        self.assertEqual(self.log_of(response)["subrequests"], 1)

    def test_a_name_is_resolved(self):
        self.assertEqual(self.ask("fetch", f"/localhost:{self.origin.port}/data").body, b"data")

    def test_connections_are_kept(self):
        self.ask("fetch", f"/{self.at}/data")
        before = self.origin.connections
        for _ in range(20):
            self.assertEqual(self.ask("fetch", f"/{self.at}/data").body, b"data")
        self.assertEqual(self.origin.connections, before)

    def test_the_trace_is_passed_on(self):
        self.ask("fetch", f"/{self.at}/traced", fields=[("traceparent", TRACE), ("tracestate", "a=1")])
        fields = self.origin.fields_of("/traced")
        self.assertEqual((fields["traceparent"], fields["tracestate"]), (TRACE, "a=1"))

    def test_bodies_stream_both_ways(self):
        data = bytes(range(256)) * 20_000
        response = self.ask("relay", f"/{self.at}/echo", "POST", body=data)
        self.assertEqual((response.status, response.body == data), (200, True), len(response.body))
        self.assertEqual(response.trailers, [("x-checksum", "abc")])
        self.assertEqual(len(self.ask("fetch", f"/{self.at}/big/30000000").body), 30_000_000)

    def test_what_nobody_takes_is_not_fetched(self):
        """50 answers of 20 MB that no client reads: the origin is left waiting, and memory stays bounded."""
        before = self.server.rss()
        connections = [self.server.connect(receive_buffer=4096) for _ in range(50)]
        for connection in connections:
            connection.request("GET", "fetch.localhost", f"/{self.at}/big/20000000")
            connection.read_head()
        seen = []

        def settled():
            seen.append(self.origin.sent)
            return seen[-20:] == [seen[-1]] * 20 and seen[-1] > 0

        self.assertTrue(until(settled))
        self.assertLess(self.origin.sent, 50 * 10_000_000, "half of it")
        grown = self.server.rss() - before
        for connection in connections:
            connection.reset()
        if not SANITIZED:
            self.assertLess(grown, 50 * (4 << 20), "of a gigabyte")
        self.assert_serves()

    def test_a_redirect_is_the_functions_business(self):
        before = self.origin.count()
        response = self.ask("fetch", f"/{self.at}/redirect/http://169.254.169.254/latest/meta-data/")
        self.assertEqual((response.status, response.body), (302, b""))
        self.assertEqual(self.origin.count(), before + 1)

    def test_an_error_has_the_right_code(self):
        self.assertEqual(self.ask("fetch", f"/127.0.0.1:{self.closed}/").body, b"error-code 6\n")  # connection-refused

    def test_a_cut_response_is_never_whole(self):
        with self.assertRaises(Broken), self.server.connect() as connection:
            connection.request("POST", "relay.localhost", f"/{self.at}/cut", body=b"x")
            connection.read_response()

    def test_their_number_is_limited(self):
        response = self.ask("fetch-many", f"/5/{self.at}/data")
        self.assertEqual(response.body, b"ok 3, failed 2, error-code 11\n")
        entry = self.log_of(response)
        self.assertEqual((entry["status"], entry["code"], entry["setting"]), (200, "PEKO-SUBREQUESTS", "subrequests"))
        self.assertEqual((entry["detail"], entry["subrequests"]), ("used 5 of 3", 5))
        self.assertNotIn("code", self.log_of(self.ask("fetch-many", f"/3/{self.at}/data")))

    def test_their_number_at_once_is_limited(self):
        response = self.ask("at-once", f"/3/{self.at}/data")
        self.assertEqual(response.body, b"ok 2, failed 1, error-code 11\n")
        line = self.server.log("guest", id=response["peko-request-id"])
        self.assertIn("subrequests_at_once", line["msg"])
        self.assertEqual(self.ask("at-once", f"/2/{self.at}/data").body, b"ok 2, failed 0, error-code 99\n")

    def test_they_end_with_the_request(self):
        gone = self.origin.gone
        self.assert_fault(self.ask("short", f"/{self.at}/silent"), 504, "PEKO-WALL")
        self.assertTrue(until(lambda: self.origin.gone > gone), "the deadline ends it")
        gone, asked = self.origin.gone, self.origin.count("/silent")
        with self.server.connect() as connection:
            connection.request("GET", "fetch.localhost", f"/{self.at}/silent")
            self.assertTrue(until(lambda: self.origin.count("/silent") > asked))
        self.assertTrue(until(lambda: self.origin.gone > gone), "a client that leaves ends it")

    def test_many_at_once(self):
        wrong = []

        def ask():
            response = self.ask("fetch", f"/{self.at}/data")
            if response.body != b"data":
                wrong.append(response)

        threads = [threading.Thread(target=ask) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Refused(WithOrigin):
    """Nothing but public addresses: no spelling reaches the machine, its network, or a cloud's metadata."""

    IN_LIST = ("127.0.0.1:PORT", "127.0.0.2:PORT", "127.255.255.254:PORT", "localhost:PORT", "[::1]:PORT",
               "[::ffff:127.0.0.1]:PORT", "[::127.0.0.1]:PORT", "[::]:PORT", "[::ffff:0:127.0.0.1]:PORT",
               "[64:ff9b::127.0.0.1]:PORT", "[2002:7f00:1::]:PORT", "0.0.0.0:PORT", "169.254.169.254",
               "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192", "168.63.129.16",
               "169.254.170.2", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "224.0.0.1",
               "255.255.255.255", "240.0.0.1", "192.0.2.1", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[2001:db8::1]")
    ODD = ("127.1:PORT", "127.0.1:PORT", "2130706433:PORT", "0x7f000001:PORT", "0x7f.0.0.1:PORT", "0X7F.1:PORT",
           "0177.0.0.1:PORT", "017700000001:PORT", "127.0.0.01:PORT", "127.0.0.1.:PORT", "127.0.0.1.nip.io:PORT",
           "localhost.:PORT", "LOCALHOST.:PORT", "user@127.0.0.1:PORT", "user:secret@127.0.0.1:PORT",
           "allowed.example@127.0.0.1:PORT", "127.0.0.1:PORT@allowed.example", "127.0.0.1%2f@allowed.example",
           "127.0.0.1:PORT%23@allowed.example", "%31%32%37.0.0.1:PORT", "127%2e0%2e0%2e1:PORT", "2852039166", "0xa9fea9fe",
           "0251.0376.0251.0376", "169.254.43518", "[::1%25lo]:PORT", "[0:0:0:0:0:ffff:7f00:1]:PORT", "[::ffff:7f00:0001]:PORT",
           "[0000::1]:PORT", "127.0.0.1:0PORT", "127.0.0.1:PORT:80", "metadata.google.internal", "0:PORT", "127.0.0.1:")

    @classmethod
    def functions(cls):
        allowed = [f"http://{spelling}".replace("PORT", str(cls.origin.port)) for spelling in cls.IN_LIST]
        return {"hello": "", "fetch": settings([*allowed, "http://allowed.example"])}

    def refuse(self, spelling, codes):
        response = self.ask("fetch", f"/{spelling.replace('PORT', str(self.origin.port))}/x")
        self.assertEqual(response.status, 502, (spelling, response))
        self.assertIn(response.body, [b"error-code %d\n" % code for code in codes], spelling)
        return response

    def test_an_address_that_is_not_public_is_refused_though_the_manifest_allows_it(self):
        for spelling in self.IN_LIST:
            with self.subTest(spelling):
                response = self.refuse(spelling, (4,))  # destination-IP-prohibited
                line = self.server.log("guest", id=response["peko-request-id"])
                self.assertIn("is not public", line["msg"])
        self.assertEqual(self.origin.connections, 0)

    def test_an_odd_spelling_is_refused(self):
        for spelling in self.ODD:
            with self.subTest(spelling):
                self.refuse(spelling, (4, 15, 19))  # ..., HTTP-request-denied, HTTP-request-URI-invalid
        self.assertEqual(self.origin.connections, 0)
        self.assertGreater(len(self.IN_LIST) + len(self.ODD), 60)
        self.assert_serves()

    def test_what_is_not_in_the_list_is_denied_and_the_log_says_what_to_do(self):
        response = self.refuse("other.example", (15,))
        line = self.server.log("guest", id=response["peko-request-id"])
        self.assertIn('add "http://other.example" to `allow` in [http]', line["msg"])


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


class Tls(unittest.TestCase):
    """https with the certificates that the operator trusts, and with the system's, which know nothing of the test's."""

    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder()
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost", cwd=cls.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.folder / "cert.pem", cls.folder / "key.pem")
        cls.origin = Origin(context)
        cls.code = store({"fetch": settings([f"https://localhost:{cls.origin.port}", f"https://127.0.0.1:{cls.origin.port}"])})
        cls.flags = ("--code", cls.code, "--threads", "1", "--log", "json", "--outbound-allow-ranges", "127.0.0.0/8")

    @classmethod
    def tearDownClass(cls):
        cls.origin.close()

    def test_an_origin_with_a_trusted_certificate_is_asked(self):
        server = Server("serve", *self.flags, "--outbound-ca-file", self.folder / "cert.pem")
        for _ in range(3):
            response = server.ask("fetch", f"//localhost:{self.origin.port}/data")
            self.assertEqual((response.status, response.body), (200, b"data"))
        asked = self.origin.count()
        self.assertEqual(server.ask("fetch", f"//127.0.0.1:{self.origin.port}/data").body, b"error-code 13\n",
                         "the certificate is for another host")
        self.assertEqual(self.origin.count(), asked)
        server.stop()

    def test_an_origin_without_one_is_not(self):
        server = Server("serve", *self.flags)
        asked = self.origin.count()
        self.assertEqual(server.ask("fetch", f"//localhost:{self.origin.port}/data").body, b"error-code 13\n")
        self.assertEqual(self.origin.count(), asked)
        server.stop()

    def test_a_file_without_certificates_is_refused_at_the_start(self):
        (self.folder / "empty.pem").write_text("")
        for name in ("empty.pem", "none.pem"):
            status, _, err = run("serve", *self.flags, "--listen", "127.0.0.1:0", "--outbound-ca-file", self.folder / name)
            self.assertEqual(status, 1, err)
            self.assertIn(name, err)


class OwnPort(unittest.TestCase):
    def test_a_node_never_talks_to_itself(self):
        port = free_port()
        code = store({"hello": "", "fetch": settings([f"http://127.0.0.1:{port}", f"http://127.0.0.2:{port}"])})
        server = Server("serve", "--code", code, "--threads", "1", "--log", "json", "--outbound-allow-ranges", "0.0.0.0/0",
                        listen=f"127.0.0.1:{port}")
        for host in ("127.0.0.1", "127.0.0.2"):
            self.assertEqual(server.ask("fetch", f"/{host}:{port}/").body, b"error-code 4\n")
        server.stop()


class Dev(unittest.TestCase):
    def test_a_developers_function_reaches_an_api_on_the_same_machine(self):
        origin = Origin()
        folder = store({"fetch": ""})
        (folder / "peko.toml").write_text(
            f'name = "fetch"\ncomponent = "functions/fetch.wasm"\n{settings([origin.url()])}')
        server = Server("dev", folder)
        self.assertEqual(server.ask("fetch", f"/127.0.0.1:{origin.port}/data").body, b"data")
        server.stop()
        origin.close()


if __name__ == "__main__":
    main()
