"""A real browser for tests: Chromium without a window, driven by Selenium.

Environment: PEKO_SCREENSHOTS names a folder that pictures are written to; without it none is made (`make screenshots`).
"""

import atexit
import os
import pathlib

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    raise SystemExit("Selenium is missing: run scripts/setup.sh, and this test by /usr/bin/python3") from None

from harness import temporary_folder, until

SCREENSHOTS = os.environ.get("PEKO_SCREENSHOTS", "")

_live = []


class Browser:
    """One window. *.localhost is this machine, as in every Chromium. Ends with the test program at the latest."""

    def __init__(self, width=1100, height=940, dark=False, javascript=True):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                     "--disable-sync", "--force-device-scale-factor=1", f"--user-data-dir={temporary_folder()}",
                     f"--window-size={width},{height}"):
            options.add_argument(flag)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # it cannot be had by root
        if dark:
            options.add_argument("--blink-settings=preferredColorScheme=0")
        if not javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(60)
        _live.append(self)

    def open(self, url):
        self.driver.get(url)

    def script(self, code, *arguments):
        """What JavaScript returns: a statement with `return`, `arguments` by number."""
        return self.driver.execute_script(code, *arguments)

    def text(self):
        """What a person reads on the page."""
        return self.script("return document.body ? document.body.innerText : ''")

    def shows(self, words):
        """Waits until the page shows the words, without touching it; fails with what it shows instead."""
        if not until(lambda: words in self._text_or_nothing()):
            raise AssertionError(f"the page does not show {words!r} but:\n{self.text()}\nconsole: {self.console()}")

    def until(self, code, *arguments):
        """Waits until JavaScript returns something true, and returns it."""
        value = until(lambda: self.script(code, *arguments))
        if not value:
            raise AssertionError(f"never true: {code}\nthe page shows:\n{self.text()}\nconsole: {self.console()}")
        return value

    def console(self):
        """What the page and the browser have written to the console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def screenshot(self, name):
        """Writes NAME.png when pictures are wanted."""
        if SCREENSHOTS:
            folder = pathlib.Path(SCREENSHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(folder / f"{name}.png"))

    def close(self):
        if self in _live:
            _live.remove(self)
            self.driver.quit()

    def _text_or_nothing(self):
        try:
            return self.text()
        except Exception:  # noqa: BLE001 - the page is being replaced
            return ""


@atexit.register
def _close_all():
    for browser in list(_live):
        browser.close()
