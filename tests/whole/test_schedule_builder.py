"""Sentence, grid and expression in step, in a real browser; and the same without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.whole.conftest import sign_in
from tests.whole.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def at_when(page: Page, name: str, connection: str = "Sandbox AWS", kind: str = "") -> None:
    page.goto("/pipelines/new")
    page.get_by_label(connection).check()
    page.get_by_test_id("continue").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label(kind or "SageMaker pipeline").check()
    page.get_by_test_id("continue").click()
    page.get_by_role("button", name="Start from the example").click()
    expect(page.get_by_role("button", name="Put back what was there")).to_be_visible()
    page.get_by_test_id("continue").click()
    expect(page.get_by_label("Cron expression")).to_be_visible()


def test_sentence_grid_and_expression_follow_each_other(page: Page) -> None:
    at_when(page, "in-step")
    sentence, cron = (
        page.get_by_label("The schedule in words"),
        page.get_by_label("Cron expression"),
    )
    zone, decider = page.get_by_label("Time zone"), page.get_by_test_id("decider")
    expect(sentence).to_have_value("At 06:00 on weekdays")

    sentence.fill("every 15 minutes between 8 and 18 on weekdays, Europe/Berlin")
    expect(cron).to_have_value("*/15 8-17 * * 1-5")
    expect(zone).to_have_value("Europe/Berlin")
    expect(page.get_by_role("checkbox", name="hour 17")).to_be_checked()
    expect(page.get_by_role("checkbox", name="hour 18")).not_to_be_checked()
    expect(page.get_by_test_id("zone-line")).to_contain_text("there, UTC+")
    sentence.press("Tab")
    expect(sentence).to_have_value("Every 15 minutes, between 08:00 and 17:59 on weekdays")

    page.get_by_role("checkbox", name="Saturday").check(force=True)
    expect(cron).to_have_value("*/15 8-17 * * 1-6")
    expect(sentence).to_have_value(re.compile("Saturdays"))

    cron.fill("0 6 L * *")
    expect(page.get_by_text("is kept as text: the boxes cannot show it")).to_be_visible()
    page.get_by_role("checkbox", name="hour 7").check(force=True)
    expect(cron).to_have_value("0 6,7 L * *")  # what the boxes cannot show stays as it was

    sentence.fill("when the moon is full")
    expect(page.get_by_test_id("sentence-wrong")).to_contain_text("is not understood")
    expect(cron).to_have_value("0 6,7 L * *")
    sentence.fill("at 02:30 every day")
    expect(decider).to_contain_text("Exact except clock changes on EventBridge Scheduler")
    decider.get_by_role("button", name=re.compile("At 03:30 every day")).click()
    expect(decider).to_contain_text("Exact on EventBridge Scheduler")
    expect(cron).to_have_value("30 3 * * *")
    expect(sentence).to_have_value("At 03:30 every day")
    page.get_by_test_id("continue").click()
    expect(page.get_by_test_id("review-sentence")).to_contain_text("At 03:30 every day")


def test_the_grid_is_walked_by_arrows_and_the_month_is_paged(page: Page) -> None:
    at_when(page, "by-keyboard")
    six = page.get_by_role("checkbox", name="hour 6")
    six.focus()
    six.press("ArrowRight")
    seven = page.get_by_role("checkbox", name="hour 7")
    expect(seven).to_be_focused()
    seven.press("Space")
    expect(page.get_by_label("Cron expression")).to_have_value("0 6,7 * * 1-5")
    seven.press("ArrowDown")
    expect(page.get_by_role("checkbox", name="hour 19")).to_be_focused()
    month = page.get_by_test_id("month")
    shown = month.locator("strong").inner_text()
    month.get_by_role("button").last.click()
    expect(month.locator("strong")).not_to_have_text(shown)
    expect(page.get_by_role("group", name="Hour")).to_be_visible()


def test_without_scripts_it_is_a_text_field_with_a_button(
    browser: Browser, product: Product
) -> None:
    context = browser.new_context(base_url=product.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto("/pipelines/new")
    page.get_by_label("Sandbox Google").check()
    page.get_by_test_id("continue").click()
    page.get_by_label("Name", exact=True).fill("no-script")
    page.locator("input[name=blueprint][value=google_data_pipeline]").check()
    page.get_by_test_id("continue").click()
    page.get_by_role("button", name="Start from the example").click()
    page.get_by_test_id("continue").click()
    page.get_by_label("The schedule in words").fill("at 9:30 on the 1st and 15th")
    page.get_by_role("button", name="Read it and show next runs").click()
    expect(page.get_by_label("Cron expression")).to_have_value("30 9 1,15 * *")
    expect(page.get_by_test_id("decider")).to_contain_text("Exact on Google Data Pipelines")
    assert page.locator(".sb-runs tbody tr").count() == 10
    context.close()
