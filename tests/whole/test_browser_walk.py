"""The main job in a real browser: from the empty overview to a destroyed pipeline's history."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.whole.conftest import sign_in
from tests.whole.product import Client, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SLOW = 60_000


def define(page: Page, name: str, *, preset: str, zone: str) -> None:
    """Walk the form with the Blueprint's own example; ends on the review."""
    page.goto("/pipelines/new")
    page.get_by_label("Sandbox AWS").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("SageMaker pipeline").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start from the example").click()
    expect(page.get_by_role("button", name="Put back what was there")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name=preset).click()
    page.get_by_label("Time zone").fill(zone)
    page.get_by_label("Time zone").press("Tab")
    expect(page.get_by_text("Exact on EventBridge Scheduler")).to_be_visible()
    page.get_by_role("button", name="Continue").click()


def line_numbers(page: Page) -> list[int]:
    texts = page.locator("[data-line]").evaluate_all("rows => rows.map(r => r.dataset.line)")
    return [int(text) for text in texts]


def test_from_the_form_to_the_run_history(page: Page, client: Client) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name="New pipeline").first).to_be_visible()
    define(page, "train-daily", preset="Weekdays at 06:00", zone="Europe/Berlin")
    expect(page.get_by_text("cron(0 6 ? * MON-FRI *)").first).to_be_visible()
    page.get_by_role("button", name="Save and preview").click()

    expect(page).to_have_url(re.compile(r"/deployments/\d+$"))
    expect(page.get_by_role("button", name="Apply this plan")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("aws-native:sagemaker").first).to_be_visible()
    preview = line_numbers(page)
    page.get_by_role("button", name="Apply this plan").click()
    expect(page).to_have_url(re.compile(r"/deployments/\d+$"))
    page.reload()  # in mid-deployment: nothing may be lost or doubled
    expect(page.get_by_text("Succeeded").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("read back from the cloud").first).to_be_visible(timeout=SLOW)
    seen = line_numbers(page)
    assert preview and seen == list(range(1, len(seen) + 1))
    page.reload()
    assert line_numbers(page) == seen

    page.get_by_role("link", name="See the triggers").click()
    expect(page.get_by_text("Active").first).to_be_visible()
    page.get_by_role("button", name="+1 day").click()
    for _ in range(2):
        page.get_by_role("button", name="+1 day").click()
    page.get_by_role("link", name="Runs", exact=True).last.click()
    run = page.locator("main").get_by_role("link", name=re.compile(r"^(Mon|Tue|Wed|Thu|Fri) \d"))
    expect(run.first).to_be_visible(timeout=SLOW)


def test_a_refused_schedule_says_why_at_its_field(page: Page) -> None:
    define(page, "refused", preset="Every day at 06:00", zone="Europe/Berlin")
    page.get_by_role("link", name="When").or_(page.get_by_role("button", name="When")).click()
    page.get_by_label("Cron expression").fill("30 2 * * *")
    page.get_by_label("Cron expression").press("Tab")
    expect(page.get_by_text(re.compile("02:30 does not exist")).first).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(r"/when"))


def test_a_member_sees_no_connections_and_no_people(
    page: Page, browser: Browser, product: Product
) -> None:
    page.goto("/people")
    page.get_by_role("link", name="Invite").first.click()
    page.get_by_label("Username").fill("mia")
    page.get_by_label(re.compile("mail")).fill("mia@example.com")
    page.locator("form").get_by_role("button", name=re.compile("Invite")).click()
    link = re.search(r"/welcome/\S+?/\S+?/", page.content())
    assert link
    context = browser.new_context(base_url=product.url)
    theirs = context.new_page()
    theirs.goto(link.group(0))
    for field in theirs.get_by_label(re.compile("assword")).all():
        field.fill("a quite long password")
    theirs.get_by_role("button").last.click()
    expect(theirs.get_by_role("link", name="Pipelines").first).to_be_visible()
    expect(theirs.get_by_role("link", name="People")).to_have_count(0)
    for path in ("/people", "/connections"):
        answer = theirs.goto(path)
        assert answer and answer.status == 403
    again = theirs.goto(link.group(0))
    assert again and again.status == 410
    context.close()


def test_signing_in_is_needed(browser: Browser, product: Product) -> None:
    context = browser.new_context(base_url=product.url)
    stranger = context.new_page()
    stranger.goto("/pipelines")
    expect(stranger).to_have_url(re.compile(r"/sign-in\?next="))
    sign_in(stranger, password="wrong password")
    expect(stranger.get_by_text(re.compile("correct", re.IGNORECASE)).first).to_be_visible()
    context.close()
