"""Web pages in a real headless browser: opened, read as a person reads them, and kept as pictures."""

import base64
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ARTIFACTS = Path(os.environ.get("STUDY_TEST_ARTIFACTS", Path(tempfile.gettempdir()) / "study-test-artifacts"))
"""Where pictures are kept, outside the repository."""

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,1000",
)

# Components draw into shadow roots, and TensorBoard's plugins into frames: `innerText` of the body misses both.
_TEXT = """
const parts = [];
function walk(node) {
  if (node.nodeType === Node.TEXT_NODE) { parts.push(node.textContent); return; }
  if (['SCRIPT', 'STYLE', 'TEMPLATE'].includes(node.tagName)) return;
  if (node.shadowRoot) walk(node.shadowRoot);
  if (node.tagName === 'IFRAME' && node.contentDocument) walk(node.contentDocument.documentElement);
  for (const child of node.childNodes) walk(child);
}
walk(document.documentElement);
return parts.join(' ');
"""

_TOO_WIDE = """
const edge = document.documentElement.clientWidth, scrolls = node =>
  node && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
return [...document.body.querySelectorAll('*')]
  .filter(node => node.getBoundingClientRect().right > edge + 1 && !scrolls(node.parentElement))
  .map(node => `${node.tagName} ${node.id} ${node.className}`);
"""


class Page:
    """A browser's only tab."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def cookie(self, address: str, name: str, value: str) -> None:
        """Have a cookie at an address, as one who signed in there."""
        self._driver.get(address)
        self._driver.add_cookie({"name": name, "value": value, "path": "/"})

    def open(self, address: str) -> None:
        # Away first: another fragment of the same address alone would not load the page again.
        self._driver.get("about:blank")
        self._driver.get(address)

    def text(self) -> str:
        return " ".join(str(self._driver.execute_script(_TEXT)).split())

    def shows(self, *wanted: str, timeout_s: float = 120) -> None:
        """Wait until all of it is on the page."""
        deadline = time.monotonic() + timeout_s
        while missing := [word for word in wanted if word not in self.text()]:
            assert time.monotonic() < deadline, f"not on the page: {missing}; the page says: {self.text()[:3000]}"
            time.sleep(1)

    def run(self, script: str) -> Any:
        """Return what a script in the page returns."""
        return self._driver.execute_script(script)

    def looked_at(self, *, width: int, scheme: str = "light", media: str = "screen") -> None:
        """Show pages that are opened from now on as to a reader with such a window, theme and medium."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self._driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": width < 600})
        theme = [{"name": "prefers-color-scheme", "value": scheme}]
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": theme})

    def too_wide(self) -> list[str]:
        """Return what stands out beyond the window's right edge, but for what scrolls by itself."""
        return list(self.run(_TOO_WIDE))

    def keep_whole(self, name: str) -> None:
        """Keep a picture of the page from top to bottom."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        shown = {"captureBeyondViewport": True, "format": "png"}
        picture = self._driver.execute_cdp_cmd("Page.captureScreenshot", shown)["data"]
        (ARTIFACTS / f"{name}.png").write_bytes(base64.b64decode(picture))

    def keep_printed(self, name: str) -> bytes:
        """Keep the page as it is printed on A4, and return it as PDF."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        sheet = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
        printed = base64.b64decode(self._driver.execute_cdp_cmd("Page.printToPDF", sheet)["data"])
        (ARTIFACTS / f"{name}.pdf").write_bytes(printed)
        return printed

    def keep(self, name: str) -> None:
        """Keep a picture of the page."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        assert self._driver.save_screenshot(str(ARTIFACTS / f"{name}.png"))


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(120)
    try:
        yield Page(driver)
    finally:
        driver.quit()
