#!/usr/bin/env python3
"""Tests of the ssr sample against a running server.

PEKO_URL names the server (default http://127.0.0.1:3000); requests carry Host: ssr.localhost.
"""

import html.parser
import http.client
import os
import unittest
import urllib.parse
import xml.etree.ElementTree

BASE = urllib.parse.urlsplit(os.environ.get("PEKO_URL", "http://127.0.0.1:3000"))
FORM = {"content-type": "application/x-www-form-urlencoded"}
VALID = {"cloud": "cumulus", "place": "Skagen, Grenen", "day": "2028-02-29", "oktas": "3", "note": "<b>big & white</b>\nvery"}


class Page(html.parser.HTMLParser):
    """What a page holds: links, form fields by name, headings, and whether its tags close."""

    VOID = {"meta", "link", "img", "input", "br", "hr"}

    def __init__(self, text):
        super().__init__()
        self.links, self.fields, self.headings, self.open, self.tags = [], {}, [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        if tag in ("input", "select", "textarea"):
            self.fields[attributes["name"]] = attributes
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append(data.strip())


class Ssr(unittest.TestCase):
    def setUp(self):
        self.connection = http.client.HTTPConnection(BASE.hostname, BASE.port or 80, timeout=30)
        self.addCleanup(self.connection.close)

    def ask(self, path, method="GET", body=None, headers=None):
        self.connection.request(method, path, body=body, headers={"host": "ssr.localhost", **(headers or {})})
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def page(self, path, status=200):
        got, headers, data = self.ask(path)
        self.assertEqual((got, headers["content-type"]), (status, "text/html; charset=utf-8"), path)
        text = data.decode()
        self.assertTrue(text.lower().startswith("<!doctype html><html lang=\"en\">"), text[:80])
        page = Page(text)
        self.assertEqual(page.open, [], "every tag is closed")
        return page, text

    def post(self, fields):
        return self.ask("/sightings", "POST", urllib.parse.urlencode(fields), FORM)

    def test_every_link_of_every_page_leads_somewhere(self):
        seen, todo = set(), ["/"]
        while todo:
            path = todo.pop()
            if path in seen or not path.startswith("/"):
                continue
            seen.add(path)
            status, headers, data = self.ask(path)
            self.assertEqual(status, 200, path)
            if headers["content-type"].startswith("text/html"):
                todo += Page(data.decode()).links
        self.assertEqual(len([path for path in seen if path.startswith("/clouds/")]), 10)
        self.assertEqual(len([path for path in seen if path.startswith("/skies/")]), 11)
        self.assertIn("/about", seen)

    def test_the_list_can_be_narrowed_to_a_level(self):
        def shown(path):
            return {link for link in self.page(path)[0].links if link.startswith("/clouds/")}

        levels = [shown(f"/clouds?level={level}") for level in ("high", "middle", "low")]
        self.assertEqual([len(level) for level in levels], [3, 3, 4])
        self.assertEqual(shown("/clouds"), set.union(*levels))
        self.page("/clouds?level=underground", 404)
        self.page("/clouds?level=toString", 404)

    def test_a_detail_page_shows_its_cloud_and_its_neighbours(self):
        page, text = self.page("/clouds/altocumulus")
        self.assertIn("Altocumulus", page.headings[0])
        self.assertIn("/skies/altocumulus.svg", page.links)
        self.assertIn("/clouds/cirrostratus", page.links)
        self.assertIn("/clouds/altostratus", page.links)
        self.assertIn("height and heap", text)

    def test_the_pictures_are_valid_svg(self):
        for name in ("cirrus", "cumulus", "cumulonimbus", "nimbostratus", "banner"):
            status, headers, data = self.ask(f"/skies/{name}.svg")
            self.assertEqual((status, headers["content-type"]), (200, "image/svg+xml"))
            self.assertIn("max-age", headers["cache-control"])
            root = xml.etree.ElementTree.fromstring(data)
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            self.assertEqual(self.ask(f"/skies/{name}.svg")[2], data, "equal each time")

    def test_the_style_sheet_is_kept_for_ever(self):
        page, _ = self.page("/")
        path = next(link for link in page.links if link.endswith(".css"))
        status, headers, data = self.ask(path)
        self.assertEqual((status, headers["content-type"]), (200, "text/css; charset=utf-8"))
        self.assertIn("immutable", headers["cache-control"])
        self.assertIn(b"prefers-color-scheme: dark", data)
        self.page("/style-000000000000.css", 404)

    def test_unknown_addresses_get_a_404_page(self):
        for path in ("/nothing", "/clouds/", "/clouds/nimbus", "/clouds/cirrus/x", "/clouds/__proto__",
                     "/skies/constructor.svg", "/skies/../style.css", "/%ff", "//", "/clouds%2Fcirrus"):
            page, _ = self.page(path, 404)
            self.assertEqual(page.headings, ["Clear sky"])

    def test_the_form_remembers_the_cloud_it_came_from(self):
        page, text = self.page("/sightings/new?cloud=stratus")
        self.assertEqual(set(page.fields), {"cloud", "place", "day", "oktas", "note"})
        self.assertEqual([a["value"] for tag, a in page.tags if tag == "option" and "selected" in a], ["stratus"])

    def test_a_valid_sighting_leads_to_its_card(self):
        status, headers, _ = self.post(VALID)
        self.assertEqual(status, 303)
        page, text = self.page(headers["location"])
        self.assertIn("Cumulus", page.headings)
        self.assertIn("Skagen, Grenen", text)
        self.assertIn("&lt;b>big &amp; white&lt;/b>", text)
        self.assertEqual(text.count('class="full"'), 3)

    def test_wrong_fields_are_marked_and_what_was_typed_stays(self):
        for field, value in (("cloud", ""), ("cloud", "nimbus"), ("place", "  "), ("place", "x" * 81), ("day", "2027-02-29"),
                             ("day", "tomorrow"), ("oktas", "9"), ("oktas", "-1"), ("oktas", "3.5"), ("note", "x" * 281)):
            status, headers, data = self.post({**VALID, field: value})
            self.assertEqual((status, headers["content-type"]), (422, "text/html; charset=utf-8"), (field, value))
            page = Page(data.decode())
            marked = [name for name, attributes in page.fields.items() if "aria-invalid" in attributes]
            self.assertEqual(marked, [field])
            if field != "place":
                self.assertEqual(page.fields["place"]["value"], VALID["place"])
        status, _, data = self.post({})
        self.assertEqual((status, data.count(b"aria-describedby")), (422, 4))

    def test_what_a_visitor_types_cannot_become_markup(self):
        evil = '"><script>alert(1)</script>'
        for text in (self.post({**VALID, "oktas": "x", "place": evil, "note": "</textarea>" + evil})[2].decode(),
                     self.page("/sightings/new?" + urllib.parse.urlencode({"place": evil, "note": evil}))[1],
                     self.page("/sightings/card?" + urllib.parse.urlencode({**VALID, "place": evil, "note": evil}))[1]):
            self.assertNotIn("<script", text)
            self.assertNotIn("</textarea><", text.split("</textarea>", 1)[0])

    def test_only_a_form_of_sensible_size_is_taken(self):
        self.assertEqual(self.ask("/sightings", "POST", "{}", {"content-type": "application/json"})[0], 415)
        self.assertEqual(self.ask("/sightings", "POST", b"x" * 20_000, FORM)[0], 413)
        self.assertEqual(self.ask("/sightings", "POST", b"\xff\xfe%", FORM)[0], 422)

    def test_a_wrong_method_is_405_with_allow(self):
        for path, method, allow in (("/", "POST", "GET, HEAD"), ("/about", "DELETE", "GET, HEAD"), ("/sightings", "GET", "POST")):
            status, headers, _ = self.ask(path, method)
            self.assertEqual((status, headers["allow"]), (405, allow))

    def test_head_tells_the_length(self):
        _, headers, data = self.ask("/clouds")
        self.assertEqual(headers["content-length"], str(len(data)))
        status, headers, nothing = self.ask("/clouds", "HEAD")
        self.assertEqual((status, headers["content-length"], nothing), (200, str(len(data)), b""))

    def test_the_about_page_streams(self):
        self.connection.request("GET", "/about", headers={"host": "ssr.localhost"})
        response = self.connection.getresponse()
        self.assertIsNone(response.headers["content-length"])
        start = b""
        while b"</footer>" not in start:
            start += response.read1(65536)
        self.assertNotIn(b"ms after the first piece", start, "the shell is here before any late part")
        self.assertEqual(start.count(b'class="waiting"'), 3)
        rest = response.read()
        self.assertEqual(rest.count(b"ms after the first piece"), 3)
        self.assertEqual(rest.count(b"<preact-island"), 3)
        nonce = response.headers["content-security-policy"].split("'nonce-")[1].split("'")[0]
        self.assertIn(f'nonce="{nonce}"'.encode(), start + rest)
        self.assertNotIn(nonce, self.ask("/about")[1]["content-security-policy"], "each answer has its own nonce")

    def test_pages_forbid_scripts_and_framing(self):
        policy = self.ask("/")[1]["content-security-policy"]
        self.assertIn("script-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)


if __name__ == "__main__":
    unittest.main()
