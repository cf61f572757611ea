"""What browsers show of `peko dev`: pages that follow changes, why a build failed, why a request failed."""

import os
import unittest
import urllib.parse

from browser import Browser
from harness import ROOT, Server, guest, main, store, temporary_folder

ESBUILD = ROOT / "js/node_modules/.bin"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script></pre>"

APP = """\
import { take } from './stock';

const html = (text: string, fields = {}) =>
  new Response(`<!doctype html><title>Shop</title>${text}`, { headers: { 'content-type': 'text/html', ...fields } });

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    switch (url.pathname) {
      case '/': return html('<h1>Stock: first</h1><p style="height: 4000px">', { etag: '"always the same"' });
      case '/throw': {
        const item = url.searchParams.get('item')!;
        console.log('looking for ' + item);
        return html(`${take(item)}`);
      }
      case '/stream': return new Response(new ReadableStream({
        async start(out) {
          const write = (text: string) => out.enqueue(new TextEncoder().encode(text));
          write('<!doctype html><p>one</p>');
          await new Promise((resume) => setTimeout(resume, 300));
          write('<p>two</p>');
          out.close();
        },
      }), { headers: { 'content-type': 'text/html' } });
      case '/off': return html('<p>left alone</p>', { 'peko-live-reload': 'off' });
      case '/cached':
        if (request.headers.has('if-none-match')) return new Response(null, { status: 304 });
        return html('<p>for ever the same</p>', { etag: '"one"', 'cache-control': 'no-cache' });
      case '/frames': return html('<iframe src="/"></iframe>'.repeat(8));
      case '/strict': return html('<p>strict</p>', { 'content-security-policy': "default-src 'none'" });
      case '/own': return html('<p>own scripts</p>', {
        'content-security-policy': "default-src 'self'; style-src 'none'; require-trusted-types-for 'script'",
      });
    }
    return html('<p>nothing here</p>');
  },
};
"""

STOCK = """\
interface Shelf { left: number }

const shelves = new Map<string, Shelf>([['tea', { left: 3 }]]);

export function take(item: string): number {
  const shelf = shelves.get(item);
  if (!shelf) throw new Error(`no shelf for ${item}`);
  return --shelf.left;
}
"""


def project(name="shop"):
    folder = temporary_folder() / name
    (folder / "src").mkdir(parents=True)
    (folder / "src/index.ts").write_text(APP)
    (folder / "src/stock.ts").write_text(STOCK)
    (folder / "peko.toml").write_text(f'name = "{name}"\nscript = "src/index.ts"\n')
    return folder


def dev(*arguments, **options):
    assert ESBUILD.is_dir(), "run js/build.sh first"
    path = {"PATH": f"{ESBUILD}{os.pathsep}{os.environ['PATH']}"}
    return Server("dev", *arguments, "--threads", "2", "--log", "json", env=path, **options)


class PagesCase(unittest.TestCase):
    """A project, its server and a browser for the tests of a class."""

    FLAGS = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = project()
        cls.server = dev(cls.folder, *cls.FLAGS)
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.server.stop()

    def open(self, path="/", browser=None):
        (browser or self.browser).open(f"http://shop.localhost:{self.server.port}{path}")

    def ask(self, path, accept="text/html", method="GET"):
        return self.server.ask("shop", path, method=method, fields=[("accept", accept)])


class ErrorPages(PagesCase):
    def test_a_script_that_throws_shows_message_source_log_and_id(self):
        self.open("/throw?item=coffee")
        self.browser.shows("no shelf for coffee")
        text = self.browser.text()
        for words in ("PEKO-EXCEPTION", "shop", "GET /throw?item=coffee", "src/stock.ts:7", "> 7 | ",
                      "throw new Error(`no shelf for", "take at src/stock.ts:7", "looking for coffee", "What to do"):
            self.assertIn(words, text)
        record = self.server.log("request", target="/throw?item=coffee", status=500)
        self.assertIn(record["id"], text)
        self.browser.screenshot("error-page")

    def test_what_a_function_says_stays_text(self):
        self.open("/throw?item=" + urllib.parse.quote(HOSTILE))
        self.browser.shows(HOSTILE)
        self.assertEqual(self.browser.script("return document.title"), "The function threw an error.")
        self.assertEqual(self.browser.script("return document.images.length"), 0)
        scripts = self.browser.script("return [...document.scripts].map((each) => each.getAttribute('src'))")
        self.assertEqual(scripts, ["/.peko/live.js"])

    def test_it_is_whole_without_scripts_and_in_the_dark(self):
        browser = Browser(dark=True, javascript=False)
        self.open("/throw?item=coffee", browser)
        browser.shows("src/stock.ts:7")
        self.assertEqual(browser.script("return getComputedStyle(document.body).color"), "rgb(237, 238, 240)")
        browser.screenshot("error-page-dark")
        browser.close()

    def test_it_loads_nothing_from_elsewhere(self):
        self.browser.console()
        self.open("/throw?item=coffee")
        self.browser.shows("no shelf for coffee")
        loaded = self.browser.script("return performance.getEntriesByType('resource').map((each) => each.name)")
        self.assertEqual({urllib.parse.urlsplit(url).path for url in loaded} - {"/.peko/live", "/.peko/live.js"}, set())
        self.assertEqual(self.browser.console()[1:], [])  # the first one tells of the status 500

    def test_other_clients_get_text_or_json(self):
        text = b"PEKO-EXCEPTION: The function threw an error. Error: no shelf for x\n"
        json = b'{"error":"PEKO-EXCEPTION"'
        for accept, kind, begin in (("*/*", "text/plain", text), ("application/json", "application/json", json),
                                    ("text/html;q=0.5, application/json", "application/json", json),
                                    ("text/html, application/json;q=0.9", "text/html", b"<!doctype html>")):
            response = self.ask("/throw?item=x", accept)
            self.assertTrue(response["content-type"].startswith(kind), (accept, response))
            self.assertTrue(response.body.startswith(begin), (accept, response.body))
            self.assertEqual((response.status, response["peko-error"]), (500, "PEKO-EXCEPTION"))

    def test_a_host_that_may_be_another_sites_gets_no_developers_pages(self):
        page = [("accept", "text/html")]
        for host, known in ((f"127.0.0.1:{self.server.port}", True), ("evil.example", False)):
            with self.server.connect() as connection:
                self.assertEqual(b"/.peko/live.js" in connection.get(host, "/", page).body, known)
                failed = connection.get(host, "/throw?item=x", page)
                self.assertEqual((failed.status, failed["peko-error"]), (500, "PEKO-EXCEPTION"))
                for words in (b"src/stock.ts", b"looking for x", b"throw new Error"):
                    self.assertEqual(words in failed.body, known, (host, words))
                self.assertEqual(connection.get(host, "/.peko/live.js").status, 200 if known else 404)
        with self.server.connect() as connection:
            self.assertEqual(connection.get("evil.example", "/.peko/live?function=shop").status, 404)

    def test_an_unknown_host_shows_the_functions_that_there_are(self):
        other = dev(project("one"), project("two"))
        self.browser.open(f"http://three.localhost:{other.port}/")
        self.browser.shows(f"one.localhost:{other.port}")
        self.browser.shows("PEKO-NO-FUNCTION")
        other.stop()


class LiveReload(PagesCase):
    """Pages follow the source: nothing here reloads one. Each test has a project of its own."""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def setUp(self):
        self.folder = project()
        self.server = dev(self.folder)

    def tearDown(self):
        self.server.stop()

    def edit(self, old, new, file="src/index.ts"):
        path = self.folder / file
        text = path.read_text()
        self.assertIn(old, text)
        path.with_suffix(".new").write_text(text.replace(old, new))
        path.with_suffix(".new").rename(path)  # as editors save

    def open_live(self, path="/"):
        """Opens a page and waits until it listens."""
        self.open(path)
        self.browser.until("return window.pekoLive")
        self.browser.script("window.before = true")

    def overlay(self):
        return self.browser.script("return document.querySelector('peko-overlay')?.shadowRoot.textContent ?? ''")

    def test_a_page_follows_a_change_and_stays_where_it_was(self):
        self.open_live()
        self.browser.shows("Stock: first")
        self.browser.script("scrollTo(0, 1500)")
        for old, new in (("first", "second"), ("second", "third")):
            self.edit(f"Stock: {old}", f"Stock: {new}")
            self.browser.shows(f"Stock: {new}")
            self.browser.until("return scrollY === 1500")
        self.assertFalse(self.browser.script("return window.before ?? false"))

    def test_a_failed_build_lies_over_the_page_until_it_works(self):
        self.open_live()
        self.edit("return --shelf.left;", f"return --shelf.left +; // {HOSTILE}", "src/stock.ts")
        self.browser.until("return document.querySelector('peko-overlay')")
        text = self.overlay()
        for words in ("shop could not be built", "src/stock.ts:8", HOSTILE):
            self.assertIn(words, text)
        self.browser.shows("Stock: first")  # what serves goes on, and the page was not reloaded
        self.assertTrue(self.browser.script("return window.before"))
        self.assertEqual(self.ask("/").status, 200)
        self.assertEqual(self.browser.script("return document.title + document.images.length"), "Shop0")
        self.browser.screenshot("build-failed")
        self.browser.script("dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))")
        self.browser.until("return !document.querySelector('peko-overlay')")
        self.edit("+; //", "+ ; //", "src/stock.ts")
        self.browser.until("return document.querySelector('peko-overlay')")  # for another failure
        self.edit("+ ; //", "+ 0; //", "src/stock.ts")
        self.browser.until("return !window.before && !document.querySelector('peko-overlay')")

    def test_an_error_page_gives_way_to_the_mended_function(self):
        self.open("/throw?item=cake")
        self.browser.shows("no shelf for cake")
        (self.folder / "src/stock.ts").write_text(STOCK.replace("['tea',", "['cake', { left: 9 }], ['tea',"))
        self.browser.until("return document.body.innerText.trim() === '8'")

    def test_a_function_that_was_never_built_shows_why_until_it_is(self):
        folder = project("late")
        (folder / "src/index.ts").write_text("export default { fetch() { return new Response('<p>it works', ; } };\n")
        server = dev(folder)
        self.browser.open(f"http://late.localhost:{server.port}/deep/page?x=1")
        self.browser.shows("late could not be built")
        self.browser.shows("src/index.ts:1")
        self.browser.screenshot("first-build-failed")
        (folder / "src/index.ts").write_text("export default { fetch() { return new Response('<p>it works', } };\n")
        self.browser.until("return document.querySelector('meta[name=peko-problem]')?.content === '2'")
        (folder / "src/index.ts").write_text(APP.replace("nothing here", "it works"))
        self.browser.shows("it works")
        server.stop()

    def test_a_streamed_page_is_shown_as_it_comes_and_follows_too(self):
        self.open_live("/stream")
        self.browser.shows("two")
        self.assertTrue(self.browser.script("return document.body.lastElementChild.src.endsWith('/.peko/live.js')"))
        self.edit("<p>two</p>", "<p>three</p>")
        self.browser.shows("three")

    def test_a_page_with_an_etag_is_asked_for_anew_once_for_each_change(self):
        self.open_live("/cached")
        for count, (old, new) in enumerate((("first", "second"), ("second", "third"), ("third", "fourth")), 2):
            self.edit(f"Stock: {old}", f"Stock: {new}")
            self.browser.until("return !window.before && window.pekoLive")
            self.browser.script("window.before = true")
            statuses = [each["status"] for each in self.server.entries() if each["target"] == "/cached"]
            self.assertEqual(statuses, [200] * count, "a 304 would bring back the tag of an older state")

    def test_frames_leave_the_page_its_connections(self):
        self.open_live("/frames")
        self.browser.until("return [...document.querySelectorAll('iframe')]"
                           ".every((each) => each.contentWindow.pekoLive)")
        self.browser.script("fetch('/off').then(() => { window.fetched = true; })")
        self.browser.until("return window.fetched")

    def test_a_page_that_says_no_is_left_alone(self):
        self.open("/off")
        self.browser.shows("left alone")
        self.assertEqual(self.browser.script("return document.scripts.length"), 0)
        for accept in ("text/html", "*/*"):
            self.assertIsNone(self.ask("/off", accept)["peko-live-reload"])

    def test_clients_that_are_no_browsers_get_what_the_function_wrote(self):
        for path in ("/off", "/"):
            self.assertNotIn(b"/.peko/", self.ask(path, "*/*").body)
        page, head = self.ask("/"), self.ask("/", method="HEAD")
        self.assertIn(b"/.peko/live.js", page.body)
        self.assertIn(head["content-length"], (None, str(len(page.body))))

    def test_a_security_policy_is_heeded(self):
        self.open("/strict")
        self.browser.shows("strict")
        self.assertFalse(self.browser.script("return window.pekoLive ?? false"))
        self.open_live("/own")
        self.edit("case '/own'", "case '/own' :: case '/own'")
        self.browser.until("return document.querySelector('peko-overlay')")
        colour = self.browser.script("return getComputedStyle(document.querySelector('peko-overlay')"
                                     ".shadowRoot.querySelector('section')).backgroundColor")
        self.assertEqual(colour, "rgb(24, 25, 27)")

    def test_a_page_waits_for_a_server_that_is_gone(self):
        folder = project("again")
        server = dev(folder, "--drain-seconds", "600")
        port = server.port
        self.browser.open(f"http://again.localhost:{port}/")
        self.browser.shows("Stock: first")
        self.browser.until("return window.pekoLive")
        server.stop()  # does not wait for the page
        (folder / "src/index.ts").write_text(APP.replace("first", "another day"))
        server = Server("dev", folder, "--threads", "1", listen=f"127.0.0.1:{port}",
                        env={"PATH": f"{ESBUILD}{os.pathsep}{os.environ['PATH']}"})
        self.browser.shows("Stock: another day")
        server.stop()

    def test_many_open_tabs_do_not_keep_each_other_waiting(self):
        first = self.browser.driver.current_window_handle
        for _ in range(9):
            self.browser.driver.switch_to.new_window("tab")
            self.open_live()
            self.browser.shows("Stock:")
        for handle in self.browser.driver.window_handles:
            if handle != first:
                self.browser.driver.switch_to.window(handle)
                self.browser.driver.close()
        self.browser.driver.switch_to.window(first)


class WithoutLiveReload(PagesCase):
    FLAGS = ("--no-live-reload",)

    def test_no_page_gets_a_script_and_errors_are_as_readable(self):
        self.assertNotIn(b"<script", self.ask("/").body)
        self.assertEqual(self.ask("/.peko/live.js").status, 404)
        self.open("/throw?item=coffee")
        self.browser.shows("src/stock.ts:7")
        self.assertEqual(self.browser.script("return document.scripts.length"), 0)


class TrapPages(unittest.TestCase):
    def test_a_trap_shows_its_functions_with_files_and_lines(self):
        project_folder = temporary_folder()
        (project_folder / "backtrace.c").write_bytes((ROOT / "tests/guests/backtrace.c").read_bytes())
        (project_folder / "backtrace.wasm").write_bytes(guest("backtrace").read_bytes())
        (project_folder / "peko.toml").write_text('name = "backtrace"\ncomponent = "backtrace.wasm"\n')
        server = dev(project_folder)
        response = server.ask("backtrace", "/panic", fields=[("accept", "text/html")])
        text = response.body.decode()
        self.assertEqual((response.status, response["peko-error"]), (500, "PEKO-TRAP"))
        self.assertIn("panicked at src/stock.rs:12:5", text)
        self.assertRegex(text, r"<li>innermost at .*backtrace\.c:\d+:\d+\n")
        server.stop()


class Production(unittest.TestCase):
    def test_a_browser_gets_a_page_without_internals(self):
        server = Server("serve", "--code", store({"backtrace": ""}), "--threads", "1", "--log", "json")
        response = server.ask("backtrace", "/panic", fields=[("accept", "text/html")])
        self.assertEqual((response.status, response["content-type"]), (500, "text/html; charset=utf-8"))
        text = response.body.decode()
        for words in ("PEKO-TRAP", "The function failed.", response["peko-request-id"]):
            self.assertIn(words, text)
        for words in ("stock", "script", "innermost", "wasm"):
            self.assertNotIn(words, text.split("</style>")[1])
        for path in ("/.peko/live.js", "/.peko/live?function=backtrace"):
            self.assertEqual(server.ask("backtrace", path).status, 404)
        server.stop()


if __name__ == "__main__":
    main()
