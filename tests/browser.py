"""A real browser and the real site: supervisor, gunicorn and worker as `make run` starts them, on a new instance."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.checks import MARK, give_up
from tests.databases import ROOT

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
# The machine may have no network: without these the browser asks its maker's servers at every start.
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb",
)  # fmt: skip
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@dataclass
class LiveSite:
    """A site that runs: its address, its settings, and the process that holds all the others."""

    url: str
    settings: dict[str, str]
    process: subprocess.Popen[str]
    log: Path

    @property
    def instance(self) -> Path:
        """The folder of its data."""
        return Path(self.settings["SETS_INSTANCE_PATH"])

    def flask(self, *words: str, given: str = "") -> str:
        """Run a command of the site (`site.flask("staff", "add", …)`) and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            input=given, capture_output=True, text=True, env=_environment(self.settings), cwd=ROOT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def health(self) -> dict[str, Any]:
        """Return what /healthz says now."""
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return json.load(refusal)


@dataclass
class Watch:
    """What went wrong on the pages of a visit without the visitor seeing it."""

    host: str
    faults: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Note script errors, refused or missing files, and requests to other sites."""
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", self._hear)
        page.on("request", self._see)
        page.on(
            "response",
            lambda answer: answer.status >= 500 and self.faults.append(f"{answer.status} {answer.url}"),
        )

    def _hear(self, message: Any) -> None:
        # A page that answers 4xx on purpose is said to have failed to load.
        if (
            message.type in ("error", "warning")
            and "the server responded with a status of 4" not in message.text
        ):
            self.faults.append(f"{message.location.get('url')}: {message.text}")

    def _see(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != self.host:
            self.faults.append(f"a request to another site: {request.url}")


@contextmanager
def running_site(
    folder: Path, settings: Mapping[str, str] | None = None, *, limit: float = 90
) -> Iterator[LiveSite]:
    """Run the whole site for the length of the block, on `folder`/instance and a free port of 127.0.0.1."""
    port = free_port()
    values = {
        "SETS_ENV": "local",
        "SETS_INSTANCE_PATH": str(folder / "instance"),
        "SETS_BIND": f"127.0.0.1:{port}",
        "SETS_RATELIMIT_ENABLED": "false",
    } | dict(settings or {})
    log = folder / "site.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sets.start"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, text=True,
            env=_environment(values), cwd=ROOT, start_new_session=True,
        )  # fmt: skip
    site = LiveSite(f"http://{values['SETS_BIND']}", values, process, log)
    try:
        _wait_until_well(site, limit)
        yield site
    finally:
        _end(process)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """The site as `make run` shows it the first time: catalogue and example sessions, SQLite, mails as files."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, without a window."""
    if not CHROMIUM:
        give_up("Chromium (Debian: apt install chromium; or set CHROMIUM to its path)")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *sandbox])
    yield chromium
    chromium.close()


@contextmanager
def browsing(browser: Browser, url: str, *, forgiving: bool = False, **options: Any) -> Iterator[Page]:
    """Open a window on the site at `url`, phone-wide and in French unless `options` (Playwright's) say otherwise.

    At the end, script errors, requests to other sites and breaches of the content policy fail the test.
    """
    context = browser.new_context(
        **{"base_url": url, "viewport": PHONE, "locale": "fr-FR", "reduced_motion": "reduce"} | options
    )
    context.set_default_timeout(20_000)
    watch = Watch(urlsplit(url).netloc)
    context.on("page", watch.over)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert forgiving or watch.faults == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the browser, so that `-m browser` and `-m "not browser"` choose."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly how many tests were left out for want of a tool."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if MARK in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"!! {len(skipped)} tests DID NOT RUN: their tools are missing.", red=True, bold=True
        )


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SETS_", "FLASK_"))}
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(settings)


def _wait_until_well(site: LiveSite, limit: float) -> None:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if site.process.poll() is not None:
            raise AssertionError(f"The site ended with {site.process.returncode}:\n{site.log.read_text()}")
        with contextlib.suppress(OSError, ValueError):
            if site.health().get("status") == "ok":
                return
        time.sleep(0.1)
    raise AssertionError(f"The site is not well after {limit} s:\n{site.log.read_text()}")


def _end(process: subprocess.Popen[str]) -> None:
    """End the site politely, then the whole group, so that nothing outlives a test."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)
