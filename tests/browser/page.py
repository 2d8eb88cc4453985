"""A page in headless Chromium: what is on it, what it complained about, whom it asked."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

WAIT_SECONDS = 360  # MLflow's page takes 3 s on an idle machine

ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # CI is root in a container
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,1600",  # MLflow draws only the charts that are in sight
)

TOLERATED = {
    "mlflow/users/current": "MLflow's page asks who is logged in; without accounts that is a 404",
    "AG Grid: since v27": "MLflow's table library on how MLflow uses it",
    "ResizeObserver loop": "a chart was resized while being laid out; drawn at the next frame",
}
"""What MLflow's own page writes to the console, by a part of it, and why that is no fault."""


class Page:
    """The browser's one tab."""

    def __init__(self, driver: webdriver.Chrome, pictures: Path) -> None:
        self._driver = driver
        self._pictures = pictures

    def open(self, address: str) -> None:
        """Load a page anew; a mere change of what follows `#` would load nothing."""
        self._driver.get("about:blank")
        self.complaints()
        self.asked()
        self._driver.get(address)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of what a CSS selector finds, SVG's too, in the page's order."""
        script = (
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())"
        )
        return list(self._driver.execute_script(script, selector))

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Return when the condition holds; fail with a picture where it never does."""
        waiting = WebDriverWait(
            self._driver, WAIT_SECONDS, ignored_exceptions=[StaleElementReferenceException]
        )
        try:
            waiting.until(lambda _: condition())
        except TimeoutException:
            pytest.fail(f"never came: {what}; picture: {self.picture('never-came')}")

    def wait_for_text(self, selector: str, text: str) -> None:
        """Return when something that the selector finds holds the text."""
        found = self.texts
        self.wait_for(lambda: any(text in one for one in found(selector)), f"{selector}: {text}")

    def click(self, selector: str) -> None:
        self._driver.find_element(By.CSS_SELECTOR, selector).click()

    def scroll_to(self, selector: str) -> None:
        where = "{block: 'center', behavior: 'instant'}"
        script = f"document.querySelector(arguments[0]).scrollIntoView({where})"
        self._driver.execute_script(script, selector)

    def evaluate(self, script: str) -> Any:
        """Return what a script in the page returns."""
        return self._driver.execute_script(script)

    @contextmanager
    def width(self, pixels: int) -> Iterator[None]:
        """Have the window so wide while inside."""
        before = self._driver.get_window_size()
        self._driver.set_window_size(pixels, before["height"])
        try:
            yield
        finally:
            self._driver.set_window_size(before["width"], before["height"])

    def picture(self, name: str) -> Path:
        """Keep what is seen now."""
        path = self._pictures / f"{name}.png"
        self._driver.save_screenshot(str(path))
        return path

    def complaints(self) -> list[str]:
        """Return what came to the console since the last call and is not tolerated."""
        said = [str(entry["message"]) for entry in self._log("browser")]
        return [one for one in said if not any(part in one for part in TOLERATED)]

    def asked(self) -> set[str]:
        """Return the hosts that the page asked for something since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        addresses = [
            urlsplit(event["params"]["request"]["url"])
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return {one.hostname or one.scheme for one in addresses} - {"data", "blob", "about"}

    def _log(self, kind: str) -> list[dict[str, str]]:
        return list(self._driver.get_log(kind))  # type: ignore[no-untyped-call]


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Run a headless Chromium; fail where there is none."""
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        pytest.fail(f"no {' and no '.join(missing)}: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs["chromium"])
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for argument in ARGUMENTS:
        options.add_argument(argument)
    # with the driver's path given, selenium looks for none on the internet
    driver = webdriver.Chrome(options=options, service=Service(str(programs["chromedriver"])))
    try:
        yield driver
    finally:
        driver.quit()
