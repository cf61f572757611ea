"""The inspector's page in a real browser: functions, requests, failures, the live log, the token."""

import json
import os
import unittest

from browser import Browser
from harness import ROOT, Server, main, store, temporary_folder, until

TOKEN = "0123456789abcdef"
MARKUP = "<img src=x onerror=\"document.title='hacked'\"></script><b>bold</b>"
SCRIPT = f"""
export default {{
  async fetch(request) {{
    const path = new URL(request.url).pathname;
    console.log({json.dumps(MARKUP)});
    if (path === "/throw") throw new Error({json.dumps("no stock: " + MARKUP)});
    return new Response(path);
  }},
}};
"""
SHOP = """const stock: Record<string, number> = { tea: 3, coffee: 0 };

function take(item: string): number {
  if (!stock[item]) throw new Error(`no ${item} in stock`);
  return --stock[item];
}

export default {
  async fetch(request: Request): Promise<Response> {
    const item = new URL(request.url).pathname.split("/").at(-1) ?? "";
    console.log(`buying ${item}`);
    return Response.json({ item, left: take(item) });
  },
};
"""


def admin_url(server, view=""):
    return f"http://127.0.0.1:{server.admin_port()}/{view}"


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        names = {f"function-{i:04}": ("hello", "") for i in range(1000)}
        cls.server = Server("serve", "--code", store(names | {"backtrace": "", "logger": "", "spin": "[limits]\ncpu_ms = 50\n"}),
                            "--threads", "2", "--log", "off")
        for i in range(0, 1000, 100):
            cls.server.ask(f"function-{i:04}")
        for _ in range(5):
            cls.server.ask("logger", "/said")
        cls.failed = cls.server.ask("backtrace", "/panic")["peko-request-id"]
        cls.server.ask("spin")
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.server.stop()

    def view(self, view=""):
        self.browser.open("about:blank")
        self.browser.open(admin_url(self.server, view))

    def rows(self):
        return self.browser.script("return [...document.querySelectorAll('tbody tr')].map((row) => row.innerText)")

    def test_lists_a_thousand_functions_and_finds_one(self):
        self.view()
        self.browser.shows("1 to 50 of 1,003")
        first = [row.split()[0] for row in self.rows()[:2]]
        self.assertEqual(sorted(first), ["backtrace", "spin"], "errors come first")
        self.browser.screenshot("inspector-functions")
        search = "const box = document.querySelector('input[type=search]'); box.value = arguments[0]; box.dispatchEvent(new Event('input'))"
        self.browser.script(search, "function-09")
        self.browser.shows("1 to 50 of 100")
        self.browser.script("[...document.querySelectorAll('button')].find((one) => one.innerText === 'Next').click()")
        self.browser.shows("51 to 100 of 100")
        self.browser.script(search, "no such function")
        self.browser.shows("none matches")
        self.assertEqual(self.browser.console(), [])

    def test_shows_a_function_and_its_requests(self):
        self.view()
        self.browser.shows("1 to 50 of")
        self.browser.script("[...document.querySelectorAll('a')].find((one) => one.innerText === 'backtrace').click()")
        self.browser.shows("PEKO-TRAP 1")
        self.browser.shows("/panic")
        self.assertEqual(self.browser.script("return document.querySelectorAll('table').length"), 2)
        self.browser.screenshot("inspector-function")

    def test_shows_a_failed_request_with_phases_log_and_places(self):
        self.view(f"#/requests/{self.failed}")
        self.browser.shows("Where it failed")
        self.browser.shows("backtrace.c:")
        self.browser.shows("panicked at src/stock.rs:12:5")
        phases = self.browser.script("return [...document.querySelectorAll('.phases > span:not(.number)')].map((one) => one.innerText)")
        self.assertEqual(phases[-1], "handler")
        self.assertGreater(len(phases), 1, "it was cold")
        widths = self.browser.script("return [...document.querySelectorAll('.bar')].map((bar) => bar.getBoundingClientRect().width)")
        self.assertTrue(all(width > 0 for width in widths), widths)

    def test_lists_failures_of_all_functions(self):
        self.view("#/errors")
        self.browser.shows("PEKO-CPU")
        self.browser.shows("PEKO-TRAP")
        self.assertNotIn("function-0000", self.browser.text())

    def test_follows_the_log(self):
        self.view("#/log?function=logger")
        self.browser.shows("connected")
        request_id = self.server.ask("logger", "/just-now")["peko-request-id"]
        self.browser.shows("stdout: /just-now")
        self.browser.until("return document.querySelector(`a[href='#/requests/${arguments[0]}']`) !== null", request_id)
        self.browser.screenshot("inspector-log")
        self.browser.script("[...document.querySelectorAll('button')].find((one) => one.innerText === 'Pause').click()")
        self.server.ask("logger", "/while-paused")
        self.assertNotIn("while-paused", self.browser.text())
        self.browser.script("[...document.querySelectorAll('button')].find((one) => one.innerText === 'Go on').click()")
        self.browser.shows("stdout: /while-paused")

    def test_is_used_by_keyboard(self):
        self.view()
        self.browser.shows("1 to 50 of")
        keys = self.browser.driver.find_element("tag name", "body")
        keys.send_keys("/")
        self.assertEqual(self.browser.script("return document.activeElement.type"), "search")
        self.browser.driver.switch_to.active_element.send_keys("backtrace")
        self.browser.shows("1 to 1 of 1")
        self.browser.script("document.querySelector('tbody a').focus()")
        self.browser.driver.switch_to.active_element.send_keys("\n")
        self.browser.shows("Versions and instances")


class Guarded(unittest.TestCase):
    def test_asks_for_the_token_once(self):
        server = Server("serve", "--code", store({"hello": ""}), env={"PEKO_ADMIN_TOKEN": TOKEN})
        browser = Browser(dark=True)
        browser.open(admin_url(server))
        browser.shows("Admin token")
        for given, shown in (("wrong", "The node refuses this token"), (TOKEN, "1 to 1 of 1")):
            browser.until("return document.getElementById('ask').open")
            browser.driver.find_element("id", "ask-token").send_keys(given + "\n")
            browser.shows(shown)
        browser.script("location.hash = '#/requests'")
        browser.shows("No requests yet.")
        browser.screenshot("inspector-dark")
        browser.close()
        server.stop()


class Scripts(unittest.TestCase):
    def serve(self, name, text):
        path = temporary_folder() / name
        path.write_text(text)
        server = Server("dev", path, env={"PATH": f"{ROOT / 'js/node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"})
        self.addCleanup(server.stop)
        return server

    def failed(self, server, target):
        """The id of a request whose failure is known with its places."""
        request_id = server.ask("shop", target)["peko-request-id"]
        assert until(lambda: json.loads(server.admin(f"/api/requests/{request_id}").body)["trap"])
        return request_id

    def test_markup_of_guests_stays_text(self):
        server = self.serve("shop.js", SCRIPT)
        request_id = self.failed(server, "/throw")
        browser = Browser()
        for view in (f"#/requests/{request_id}", "#/errors", "#/functions/shop", "#/log"):
            browser.open("about:blank")
            browser.open(admin_url(server, view))
            browser.shows("<b>bold</b>")
            self.assertEqual(browser.script("return document.querySelectorAll('main img, main b b').length"), 0)
            self.assertTrue(browser.script("return document.title").startswith("Peko"))
        self.assertEqual(browser.console(), [])
        browser.close()

    def test_a_failure_of_a_script_names_its_source(self):
        server = self.serve("shop.ts", SHOP)
        server.ask("shop", "/buy/tea")
        request_id = self.failed(server, "/buy/coffee")
        browser = Browser()
        browser.open(admin_url(server, f"#/requests/{request_id}"))
        line = next(number for number, text in enumerate(SHOP.splitlines(), 1) if "throw" in text)
        browser.shows(f"shop.ts:{line}:")
        browser.shows("buying coffee")
        browser.screenshot("inspector-request")
        browser.close()


if __name__ == "__main__":
    main()
