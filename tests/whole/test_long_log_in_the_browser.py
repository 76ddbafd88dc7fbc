"""A log of a hundred thousand lines in a real browser: it opens at its end, stays light, finds
and links, follows, and loses nothing when the web process dies."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.whole import long_log
from tests.whole.conftest import sign_in
from tests.whole.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
LINES = 100_000
SLOW = 60_000


@pytest.fixture(scope="module")
def deployment(product: Product) -> int:
    id = long_log.begin(product)
    long_log.write(product, id, LINES)
    return id


@pytest.fixture
def log(page: Page, deployment: int) -> Page:
    page.goto(f"/deployments/{deployment}")
    expect(page.locator("[data-log-state]")).to_have_text("live", timeout=SLOW)
    return page


def line(page: Page, n: int) -> str:
    found = page.locator(f'[data-line="{n}"] .line-text')
    expect(found).to_be_visible(timeout=SLOW)
    return found.inner_text()


def rows(page: Page) -> int:
    return page.locator("[data-log-rows] > li").count()


def test_it_opens_at_its_end_and_draws_few_rows(page: Page, deployment: int) -> None:
    page.goto("/deployments")
    begun = time.monotonic()
    page.goto(f"/deployments/{deployment}")
    expect(page.locator(f'[data-line="{LINES}"]')).to_be_in_viewport(timeout=SLOW)
    assert time.monotonic() - begun < 20  # a page with all lines takes minutes
    assert len(page.content()) < 700_000
    assert rows(page) < 120
    box = page.locator("[data-log-rows]").bounding_box()
    assert box and box["height"] > LINES * 15


def test_it_is_no_wider_than_a_phone(log: Page) -> None:
    log.set_viewport_size({"width": 390, "height": 844})
    assert log.evaluate("document.documentElement.scrollWidth") <= 390


def test_any_place_is_reached_by_scrolling(log: Page) -> None:
    scroll = log.locator("[data-log-scroll]")
    scroll.evaluate("log => { log.scrollTop = log.scrollHeight / 2 }")
    # It is drawn anew a moment after it was scrolled; until then its end is there.
    expect(log.locator(f'[data-line="{LINES}"]')).to_have_count(0, timeout=SLOW)
    expect(log.locator("[data-line]").first).to_be_attached(timeout=SLOW)
    log.wait_for_function("document.querySelectorAll('.line-to-come').length === 0")
    top = int(log.locator("[data-line]").first.get_attribute("data-line") or 0)
    assert LINES * 0.45 < top < LINES * 0.55
    for n in (top + 20, top + 21, top + 22):
        assert str(n) in line(log, n)
    assert rows(log) < 120
    scroll.evaluate("log => { log.scrollTop = 0 }")
    assert line(log, 1).startswith("Line 1 of")


def test_the_whole_log_is_searched(log: Page) -> None:
    log.keyboard.press("/")
    log.keyboard.type("needle")
    count = log.locator("[data-log-count]")
    expect(count).to_have_text(re.compile(r"\d of 5"), timeout=SLOW)
    seen = set()
    for _ in range(5):
        found = log.locator(".line-found")
        expect(found).to_be_in_viewport(timeout=SLOW)
        expect(found.locator("mark")).to_have_text("needle")
        seen.add(found.get_attribute("data-line"))
        before = count.inner_text()
        log.keyboard.press("Enter")
        expect(count).not_to_have_text(before)
    assert seen == {"777", "20777", "40777", "60777", "80777"}


def test_lines_are_filtered_by_level_and_by_resource(log: Page) -> None:
    log.get_by_label("Which lines").select_option("error")
    expect(log.locator("[data-line]")).to_have_count(5, timeout=SLOW)
    log.get_by_label("Which lines").select_option("")
    log.locator(".tree").get_by_role("link", name="letters").click()
    expect(log.get_by_text("Only lines of letters")).to_be_visible(timeout=SLOW)
    expect(log.locator('[data-line="99950"]')).to_be_visible(timeout=SLOW)
    expect(log.locator('[data-line="99949"]')).to_have_count(0)
    log.get_by_role("link", name="Show all").click()
    expect(log.locator(f'[data-line="{LINES - 1}"]')).to_be_visible(timeout=SLOW)


def test_a_link_leads_to_its_lines(log: Page, deployment: int, browser: Browser) -> None:
    log.get_by_role("link", name="First error").click()
    assert "needle 777" in line(log, 777)
    assert log.url.endswith("#L777")
    log.locator('[data-line="780"] .line-n').click(modifiers=["Shift"])
    assert log.url.endswith("#L777-L780")
    log.goto("/deployments")
    log.goto(f"/deployments/{deployment}#L50500-L50501")
    assert "Diff 50500" in line(log, 50500)
    expect(log.locator('[data-line="50500"]')).to_be_in_viewport()
    expect(log.locator(".line-marked")).to_have_count(2)
    log.get_by_label("Search all lines").fill(":1234")
    log.get_by_label("Search all lines").press("Enter")
    assert "Line 1234" in line(log, 1234)


def test_it_follows_until_somebody_scrolls_up(log: Page, deployment: int, product: Product) -> None:
    last = int(log.locator("[data-line]").last.get_attribute("data-line") or 0)
    long_log.write(product, deployment, 3)
    expect(log.locator(f'[data-line="{last + 3}"]')).to_be_in_viewport(timeout=SLOW)
    log.locator("[data-log-scroll]").hover()
    log.mouse.wheel(0, -2000)
    expect(log.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    top = log.locator("[data-log-scroll]").evaluate("log => log.scrollTop")
    long_log.write(product, deployment, 213)
    pill = log.get_by_role("button", name="213 new lines")
    expect(pill).to_be_visible(timeout=SLOW)
    assert log.locator("[data-log-scroll]").evaluate("log => log.scrollTop") == top
    pill.click()
    expect(log.locator(f'[data-line="{last + 216}"]')).to_be_in_viewport(timeout=SLOW)
    expect(pill).to_be_hidden()


def test_a_reader_that_stands_still_holds_up_nobody_and_gets_all(
    log: Page, deployment: int, product: Product
) -> None:
    last = max(numbers(log))
    reader = http.client.HTTPConnection("127.0.0.1", product.port)
    reader.sock = socket.socket()
    reader.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # or it holds 6 MB itself
    reader.sock.settimeout(60)
    reader.sock.connect(("127.0.0.1", product.port))
    session = next(each for each in log.context.cookies() if each["name"] == "sessionid")
    path = f"/deployments/{deployment}/events?after={last}"
    reader.request("GET", path, headers={"Cookie": f"sessionid={session['value']}"})
    answer = reader.getresponse()
    while b"event: resource" not in answer.readline():
        pass
    more = 60_000  # more than what the connection's buffers have room for
    long_log.write(product, deployment, more, batch=500)
    expect(log.locator(f'[data-line="{last + more}"]')).to_be_in_viewport(timeout=SLOW)
    found: list[int] = []
    while not found or found[-1] < last + more:
        name, _, value = answer.readline().rstrip(b"\n").partition(b": ")
        if name == b"data" and value.startswith(b"[["):
            found += [line[0] for line in json.loads(value)]
    reader.close()
    assert found == list(range(last + 1, last + more + 1))


@pytest.fixture
def viewers(browser: Browser, product: Product, deployment: int) -> Iterator[list[Page]]:
    """Two people's browsers; their consoles may complain of a lost connection."""
    contexts = [browser.new_context(base_url=product.url) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for each in pages:
        sign_in(each)
        each.goto(f"/deployments/{deployment}")
        expect(each.locator("[data-log-state]")).to_have_text("live", timeout=SLOW)
    yield pages
    for context in contexts:
        context.close()


def test_a_web_process_that_dies_costs_no_line(
    viewers: list[Page], deployment: int, product: Product
) -> None:
    last = max(numbers(viewers[0]))
    assert product.kill("dashboard.asgi:application") == 1
    for each in viewers:
        expect(each.locator("[data-log-state]")).to_have_text("Reconnecting …", timeout=SLOW)
    long_log.write(product, deployment, 41)
    for each in viewers:
        state = each.locator("[data-log-state]")
        expect(state).to_have_text(re.compile("live|caught up 41 lines"), timeout=SLOW)
        expect(each.locator(f'[data-line="{last + 41}"]')).to_be_in_viewport(timeout=SLOW)
        assert numbers(each)[-20:] == list(range(last + 22, last + 42))
    long_log.end(product, deployment)
    for each in viewers:
        expect(each.locator("#part-state")).to_have_text(re.compile("Succeeded"), timeout=SLOW)


def numbers(page: Page) -> list[int]:
    drawn: list[int] = page.locator("[data-line]").evaluate_all(
        "rows => rows.map(row => Number(row.dataset.line))"
    )
    return drawn
