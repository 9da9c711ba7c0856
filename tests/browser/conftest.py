"""A real browser: Chromium that is installed on the machine, driven by Playwright."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.fixtures.outside import chromium

Theme = Literal["light", "dark"]

# A busy machine is slow; what never comes is still found out.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)

POLICY = "Content Security Policy"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Playwright keeps an event loop in this thread, which Django takes for asynchronous code around its queries.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@dataclass(frozen=True)
class Screen:
    width: int
    height: int
    touch: bool = False


DESK, PHONE = Screen(1440, 900), Screen(360, 760, touch=True)
THEMES: tuple[Theme, ...] = ("light", "dark")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Tests of it carry the marker `browser`: where Chromium is missing they are skipped, or fail where required."""
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which is who runs in a container.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Contexts by screen; whatever a script throws in one of them fails the test."""
    contexts: list[BrowserContext] = []
    thrown: list[str] = []

    def open_one(screen: Screen = DESK, **options: Any) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": screen.width, "height": screen.height},
            has_touch=screen.touch,
            is_mobile=screen.touch,
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: thrown.append(str(error.error)))
        context.on("console", lambda message: thrown.extend({message.text} if POLICY in message.text else ()))
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert thrown == []


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page on a desk, in light colours; `page.emulate_media(color_scheme="dark")` turns the lights off."""
    return open_context().new_page()


@pytest.fixture
def phone(open_context: Callable[..., BrowserContext]) -> Page:
    """A page of 360 pixels under a finger."""
    return open_context(PHONE).new_page()


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """What axe-core finds on a page, in words."""
    source = AXE.read_text()

    def run(page: Page) -> list[str]:
        # Evaluated by the browser's tools, so the page's content security policy does not see it.
        if not page.evaluate("() => Boolean(window.axe)"):
            page.evaluate(source)
        options = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
        found = page.evaluate("(options) => axe.run(document, options)", options)
        return [
            f"{violation['id']} ({violation['impact']}): {node['html'][:160]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return run


@pytest.fixture
def sign_in() -> Callable[[Page, str, str], None]:
    """Sign in on the page's own origin; the page shows what comes after."""

    def run(page: Page, username: str, password: str) -> None:
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", password)
        page.click("button:has-text('Sign in')")

    return run


@pytest.fixture(scope="session")
def samples_server() -> Iterator[str]:
    """Serves tests/approvals/urls.py without a database: a template that asked one would fail."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()
    thread.join()


@pytest.fixture
def samples(samples_server: str, settings: Any) -> str:
    """The address of the sample pages, for example `{samples}/sample/queue/`."""
    settings.ROOT_URLCONF = "tests.approvals.urls"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    return samples_server
