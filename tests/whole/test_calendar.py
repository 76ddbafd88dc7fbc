"""The calendar in a real browser: past and future of one pipeline, by mouse and by key."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.whole.product import Client, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}


@pytest.fixture(scope="module")
def pipeline(client: Client) -> int:
    """Deployed, and some hours old by the sandbox's clock."""
    kind = "aws_sagemaker_pipeline"
    example = next(b["example"] for b in client.get("/blueprints") if b["kind"] == kind)
    body = {
        "name": "calendar-hourly", "connection": "Sandbox AWS", "blueprint": kind,
        "settings": example, "triggers": [HOURLY],
    }  # fmt: skip
    client.to_quiet_minute()
    id = int(client.post("/pipelines", body, expect=201)["id"])
    assert client.deploy(id)["status"] == "succeeded"
    client.post("/sandbox/clock", {"advance": "PT5H"})
    client.post(f"/pipelines/{id}/sync")
    return id


def test_keys_lead_through_days_weeks_and_months(page: Page, pipeline: int) -> None:
    page.goto(f"/calendar?view=day&pipeline={pipeline}")
    today = page.get_by_role("heading", level=2).first.inner_text()
    ran = page.locator(".cal-block.tone-green")
    expect(ran.first).to_contain_text("calendar-hourly")
    expect(page.locator(".cal-lead")).to_contain_text("succeeded")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=2).first).not_to_have_text(today)
    expect(page.locator(".cal-block.tone-grey")).to_have_count(24)
    page.keyboard.press("t")
    expect(page.get_by_role("heading", level=2).first).to_have_text(today)
    page.keyboard.press("w")
    page.wait_for_url("**/calendar?view=week**")
    expect(page.locator("table.cal-week")).to_be_visible()
    page.keyboard.press("m")
    page.wait_for_url("**/calendar?view=month**")
    expect(page.locator("table.cal-month")).to_be_visible()
    page.keyboard.press("l")
    page.wait_for_url("**list=yes**")
    expect(page.get_by_role("row").nth(1)).to_contain_text("calendar-hourly")


def test_a_phone_shows_all_days_of_a_month(page: Page, pipeline: int) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/calendar?view=month&pipeline={pipeline}")
    wide, room = page.evaluate(
        "[document.querySelector('.cal').scrollWidth,"
        " document.querySelector('.cal-scroll').clientWidth]"
    )
    assert wide <= room
    expect(page.get_by_role("link", name="calendar-hourly").first).to_be_attached()


def test_keys_are_letters_where_somebody_types(page: Page, pipeline: int) -> None:
    page.goto("/calendar?view=week")
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.type("twdml")
    expect(search).to_have_value("twdml")
    assert "view=week" in page.url
    search.fill("calendar-h")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**search=calendar-h**")
    expect(page.locator(".cal-block").first).to_contain_text("calendar-hourly")


def test_another_zone_cuts_the_days_again(page: Page, pipeline: int) -> None:
    page.goto("/calendar?view=week")
    page.get_by_title("The zone that all times on the page are shown in").click()
    page.get_by_role("button", name="UTC the same everywhere").click()
    expect(page.locator(".cal-lead")).to_contain_text("Days and hours are in UTC.")


def test_a_program_reads_the_feed_that_the_account_page_made(
    page: Page, product: Product, pipeline: int
) -> None:
    page.goto("/calendar")
    page.get_by_role("link", name="Subscribe").click()
    page.get_by_role("button", name="Create calendar feed").click()
    address = page.get_by_label("Calendar feed").input_value()
    assert address.startswith(product.url)
    with urllib.request.urlopen(address, timeout=60) as answer:
        text = answer.read().decode()
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:calendar-hourly" in text
    page.goto("/account")
    page.get_by_role("button", name="End calendar feed").click()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(address, timeout=60)
