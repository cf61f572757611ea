#!/usr/bin/env python3
"""Tests of the rest-api sample on `peko dev`, or on the server that PEKO_URL names (peko_dev)."""

import concurrent.futures
import http.client
import json
import unittest

from peko_dev import PekoDev

JSON = {"content-type": "application/json"}
TODOS_MAX = 500


def setUpModule():
    global SERVER
    SERVER = PekoDev()
    unittest.addModuleCleanup(SERVER.stop)


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class RestApi(unittest.TestCase):
    def setUp(self):
        self.connection = http.client.HTTPConnection(SERVER.host, SERVER.port, timeout=20)
        self.addCleanup(self.connection.close)

    def ask(self, method, path, body=None, headers=None):
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), {**JSON, **(headers or {})}
        headers = {"host": "rest-api.localhost", **(headers or {})}
        self.connection.request(method, path, body=body, headers=headers)
        return Answer(self.connection.getresponse())

    def assert_problem(self, answer, status, fields=()):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        self.assertEqual([error["field"] for error in problem.get("errors", [])], list(fields))

    def test_a_new_todo_can_be_read_changed_replaced_and_removed(self):
        made = self.ask("POST", "/todos", {"title": "  Buy milk ", "due": "2028-02-29"})
        self.assertEqual(made.status, 201)
        address = made.headers["location"]
        todo = made.json()
        self.assertEqual(address, f"/todos/{todo['id']}")
        self.assertEqual((todo["title"], todo["done"], todo["due"]), ("Buy milk", False, "2028-02-29"))

        self.assertEqual(self.ask("GET", address).json(), todo)
        changed = self.ask("PATCH", address, {"done": True}).json()
        self.assertEqual((changed["title"], changed["done"], changed["due"]), ("Buy milk", True, "2028-02-29"))
        self.assertIsNone(self.ask("PATCH", address, {"due": None}).json()["due"])
        replaced = self.ask("PUT", address, {"title": "Buy oat milk"}).json()
        self.assertEqual((replaced["title"], replaced["done"]), ("Buy oat milk", False))
        self.assertEqual(replaced["created_at"], todo["created_at"])

        removed = self.ask("DELETE", address)
        self.assertEqual((removed.status, removed.body), (204, b""))
        self.assert_problem(self.ask("GET", address), 404)
        self.assert_problem(self.ask("DELETE", address), 404)

    def test_pages_lead_from_the_first_todo_to_the_last(self):
        titles = [f"page {number}" for number in range(5)]
        addresses = [self.ask("POST", "/todos", {"title": title}).headers["location"] for title in titles]
        path, read = "/todos?limit=2&q=page+", []
        while path:
            answer = self.ask("GET", path)
            self.assertEqual(answer.headers["x-total-count"], "5")
            page = answer.json()
            self.assertEqual((page["total"], page["limit"]), (5, 2))
            read += [todo["title"] for todo in page["items"]]
            links = dict(reversed(link.split("; rel=")) for link in answer.headers["link"].split(", "))
            path = links.get('"next"', "").strip("<>")
        self.assertEqual(read, titles)
        for address in addresses:
            self.ask("DELETE", address)

    def test_nothing_comes_after_what_is_beyond_the_last(self):
        self.ask("POST", "/todos", {"title": "one"})
        for offset, limit in ((1_000_000, 20), (2**32 - 6, 6), (2**32 - 1, 1)):  # 2**32 is 0 on wasm32
            answer = self.ask("GET", f"/todos?offset={offset}&limit={limit}")
            self.assertEqual((answer.status, answer.json()["items"]), (200, []))
            self.assertNotIn('rel="next"', answer.headers["link"])

    def test_the_list_filters_by_done(self):
        for done in (True, False):
            self.ask("POST", "/todos", {"title": "x", "done": done})
            items = self.ask("GET", f"/todos?done={str(done).lower()}").json()["items"]
            self.assertTrue(items)
            self.assertEqual({todo["done"] for todo in items}, {done})

    def test_an_empty_parameter_is_none(self):
        page = self.ask("GET", "/todos?limit=&offset=&done=&q=")
        self.assertEqual((page.status, page.json()["limit"]), (200, 20))
        self.assertNotIn("done=", page.headers["link"])

    def test_a_wrong_query_is_reported_by_name(self):
        self.assert_problem(self.ask("GET", "/todos?limit=0&offset=-1&done=maybe"), 400, ["limit", "offset", "done"])
        self.assert_problem(self.ask("GET", "/todos?limit=101"), 400, ["limit"])
        self.assert_problem(self.ask("GET", "/todos?page=2"), 400)

    def test_wrong_fields_are_reported_by_name(self):
        self.assert_problem(self.ask("POST", "/todos", {}), 400, ["title"])
        self.assert_problem(self.ask("POST", "/todos", {"title": " "}), 400, ["title"])
        self.assert_problem(self.ask("POST", "/todos", {"title": "two\nlines"}), 400, ["title"])
        self.assert_problem(
            self.ask("POST", "/todos", {"title": "x" * 201, "notes": "y" * 1001, "due": "2027-02-29"}),
            400, ["due", "notes", "title"])
        self.assert_problem(self.ask("POST", "/todos", {"title": 3, "done": "yes", "due": 4, "colour": "red"}), 400,
                            ["colour", "done", "due", "title"])
        for due in ("soon", "2027-13-01", "2027-00-10", "2027-04-31", "2027-1-1", "１２３４-01-01"):
            self.assert_problem(self.ask("POST", "/todos", {"title": "x", "due": due}), 400, ["due"])

    def test_a_body_that_is_not_a_todo_is_refused(self):
        for body in ("", "{", "[]", '["x"]', '"x"', "null", '{"title": "x"', '{"title": "\\ud800"}', "\x00"):
            self.assert_problem(self.ask("POST", "/todos", body, JSON), 400)
        self.assert_problem(self.ask("POST", "/todos", json.dumps({"title": "x" * 70_000}), JSON), 413)

    def test_only_json_is_taken(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
            self.assert_problem(self.ask("POST", "/todos", '{"title": "x"}', {"content-type": kind}), 415)
        self.assert_problem(self.ask("POST", "/todos", '{"title": "x"}'), 415)
        made = self.ask("POST", "/todos", '{"title": "x"}', {"content-type": "application/json; charset=utf-8"})
        self.assertEqual(made.status, 201)

    def test_an_unknown_address_is_404(self):
        for path in ("/nothing", "/todos/999999", "/todos/0", "/todos/-1", "/todos/+1", "/todos/01", "/todos/one",
                     "/todos/99999999999999999999999", "/todos/1/x", "/todos/%FF"):
            self.assertIn(self.ask("GET", path).status, (400, 404), path)
        self.assert_problem(self.ask("GET", "/todos/999999"), 404)

    def test_a_wrong_method_is_405_with_allow(self):
        for path, allowed in (("/todos", {"GET", "HEAD", "POST"}),
                              ("/todos/1", {"GET", "HEAD", "PUT", "PATCH", "DELETE"})):
            answer = self.ask("TRACE" if path == "/todos/1" else "DELETE", path)
            self.assert_problem(answer, 405)
            self.assertEqual(set(answer.headers["allow"].replace(" ", "").split(",")), allowed)

    def test_errors_come_in_the_form_that_the_client_prefers(self):
        for accept, kind in (
            ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
            ("text/plain", "text/plain; charset=utf-8"),
            ("text/html;q=0.2, text/plain;q=0.7", "text/plain; charset=utf-8"),
            ("*/*", "application/problem+json"),
            ("image/png", "application/problem+json"),
        ):
            answer = self.ask("GET", "/nothing", headers={"accept": accept})
            self.assertEqual((answer.status, answer.headers["content-type"]), (404, kind))
            self.assertEqual(answer.headers["vary"], "accept")

    def test_a_client_that_takes_no_json_gets_406(self):
        answer = self.ask("GET", "/todos", headers={"accept": "text/csv"})
        self.assert_problem(answer, 406)
        answer = self.ask("GET", "/todos", headers={"accept": "text/html, application/json;q=0"})
        self.assertEqual((answer.status, answer.headers["content-type"]), (406, "text/html; charset=utf-8"))

    def test_markup_in_an_address_does_not_reach_the_page(self):
        answer = self.ask("GET", "/todos/%3Cscript%3Ealert(1)", headers={"accept": "text/html, */*;q=0.1"})
        self.assertEqual(answer.status, 404)
        self.assertIn(b"&lt;script&gt;alert(1)", answer.body)
        self.assertNotIn(b"<script>alert", answer.body)

    def test_the_front_page_describes_the_api(self):
        page = self.ask("GET", "/", headers={"accept": "text/html"})
        self.assertEqual((page.status, page.headers["content-type"]), (200, "text/html; charset=utf-8"))
        for method in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"):
            self.assertIn(method, page.body)
        self.assertEqual(len(self.ask("GET", "/", headers={"accept": "application/json"}).json()), 6)

    def test_head_answers_like_get_without_a_body(self):
        head = self.ask("HEAD", "/todos?limit=1")
        self.assertEqual((head.status, head.body, head.headers["content-type"]), (200, b"", "application/json"))

    def test_changes_at_the_same_time_lose_nothing(self):
        address = self.ask("POST", "/todos", {"title": "shared"}).headers["location"]
        changes = [{"notes": "noted"}, {"done": True}, {"due": "2030-01-31"}, {"title": "changed"}]

        def change(fields):
            connection = http.client.HTTPConnection(SERVER.host, SERVER.port, timeout=20)
            connection.request("PATCH", address, json.dumps(fields), {"host": "rest-api.localhost", **JSON})
            status = connection.getresponse().status
            connection.close()
            return status

        for _ in range(10):
            self.ask("PUT", address, {"title": "shared"})
            with concurrent.futures.ThreadPoolExecutor() as threads:
                self.assertEqual(list(threads.map(change, changes)), [200] * len(changes))
            todo = self.ask("GET", address).json()
            self.assertEqual([todo[field] for field in ("notes", "done", "due", "title")],
                             ["noted", True, "2030-01-31", "changed"])

    def test_todos_survive_a_restart(self):
        if SERVER.is_foreign:
            self.skipTest("the server is not ours")
        todo = self.ask("POST", "/todos", {"title": "kept"}).json()
        SERVER.restart()
        self.setUp()
        self.assertEqual(self.ask("GET", f"/todos/{todo['id']}").json(), todo)
        self.assertGreater(self.ask("POST", "/todos", {"title": "next"}).json()["id"], todo["id"])

    def test_there_is_a_limit(self):
        count = self.ask("GET", "/todos").json()["total"]
        addresses = []
        for _ in range(TODOS_MAX - count):
            answer = self.ask("POST", "/todos", {"title": "one of many"})
            self.assertEqual(answer.status, 201)
            addresses.append(answer.headers["location"])
        self.assert_problem(self.ask("POST", "/todos", {"title": "one too many"}), 507)
        for address in addresses:
            self.assertEqual(self.ask("DELETE", address).status, 204)


if __name__ == "__main__":
    unittest.main()
