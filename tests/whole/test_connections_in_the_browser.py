"""An admin's journey in a real browser: a Connection by role is added, found wanting, put right,
shows what others made in its account, and deploys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.whole.connecting import NAME, OTHERS, Administrator, add_by_role, check, mend
from tests.whole.product import Product
from tests.whole.walking import SLOW, begin, finish

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_an_admin_adds_mends_watches_and_deploys(page: Page, product: Product) -> None:
    administrator = Administrator(product)
    administrator.make_a_scheduled_pipeline()
    add_by_role(page, made_for="observe", may="deploy")

    expect(check(page, "identity", "pass")).to_be_visible(timeout=SLOW)
    refused = check(page, "deploy", "fail")
    expect(refused).to_contain_text("sagemaker:CreatePipeline", timeout=SLOW)
    mend(page, administrator)

    page.get_by_role("button", name="Test now").click()
    expect(check(page, "deploy", "pass")).to_be_visible(timeout=SLOW)
    expect(page.locator("#report [data-result=fail]")).to_have_count(0)
    expect(page.locator("#connection-facts")).to_contain_text("Pass", timeout=SLOW)
    expect(page.get_by_text("Last test failed")).to_have_count(0)

    watch(page)
    begin(page, "by-role", connection=NAME, blueprint="SageMaker pipeline")
    page.get_by_role("button", name="Every hour").click()
    expect(page.get_by_text("Exact on EventBridge Scheduler")).to_be_visible()
    finish(page, "by-role")
    page.get_by_role("link", name="Triggers", exact=True).click()
    expect(page.get_by_text("Active").first).to_be_visible()


def watch(page: Page) -> None:
    page.goto("/connections")
    page.get_by_role("link", name=NAME).first.click()
    page.get_by_role("link", name="Discover").first.click()
    page.get_by_label(OTHERS).check(timeout=SLOW)
    page.get_by_role("button", name="Watch these").click()
    page.goto("/pipelines")
    page.get_by_role("link", name=OTHERS).first.click()
    expect(page.get_by_text("not managed here").first).to_be_visible()
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    page.get_by_role("button", name="+2 h").click()
    run = page.locator("#rows tr", has_text=re.compile("Failed.*schedule", re.DOTALL))
    expect(run.first).to_be_visible(timeout=SLOW)
