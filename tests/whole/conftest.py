from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.whole.product import PASSWORD, Client, Product

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Of Playwright's own accord it is five seconds, which a busy machine needs now and then.
expect.set_options(timeout=30_000)


def chromium_path() -> str:
    named = os.environ.get("SKYCLOCK_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUMS)), "")
    assert found, "No Chromium: `make browser` installs one or says how."
    return found


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(data=tmp_path_factory.mktemp("skyclock"))
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def client(product: Product) -> Client:
    return product.client()


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """There can be only one at a time."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    chromium = driver.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """A page signed in as admin; any error in the page's console fails the test."""
    context = browser.new_context(base_url=product.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: _note(message, errors))
    sign_in(opened)
    yield opened
    context.close()
    assert not errors, errors


def _note(message: Any, errors: list[str]) -> None:
    if message.type == "error" and "status of 4" not in message.text:
        errors.append(message.text)


def sign_in(page: Page, *, username: str = "admin", password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
