"""What walks through the forms have in common."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

SLOW = 90_000


def begin(page: Page, name: str, *, connection: str, blueprint: str) -> None:
    """From the first step to When, with the Blueprint's own example."""
    page.goto("/pipelines/new")
    page.get_by_label(connection).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label(blueprint).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start from the example").click()
    expect(page.get_by_role("button", name="Put back what was there")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Remove")).to_have_count(1)


def add(page: Page, trigger: str) -> None:
    before = page.get_by_role("button", name="Remove").count()
    page.get_by_role("button", name=trigger).click()
    expect(page.get_by_role("button", name="Remove")).to_have_count(before + 1)
    if "event" in trigger:
        page.get_by_label("Source").fill("my.application")
        page.get_by_label("Types").fill("dataset.ready")


def without_a_schedule(page: Page) -> None:
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)


def finish(page: Page, name: str) -> None:
    """From When to the deployed pipeline's page."""
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Save and deploy").click()
    expect(page.locator("[data-line]").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Succeeded").first).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name=name).first.click()


def open_the_run(page: Page, cause: str) -> None:
    """It appears by itself after a while of the sandbox's time."""
    for _ in range(20):
        page.get_by_role("button", name="+15 min").click()
        found = page.locator("#rows tr", has_text=re.compile(f"Succeeded.*{cause}", re.DOTALL))
        if found.count():
            break
    found.first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Steps")).to_be_visible()


def run_now(page: Page) -> None:
    page.get_by_role("link", name="Run now").first.click()
    page.get_by_role("button", name="Start run").click()
    expect(page).to_have_url(re.compile(r"/runs/\d+$"))


def state(page: Page, word: str) -> Locator:
    """The state on a run's page, which renews itself."""
    return page.locator(f".run-head [data-state={word.lower()}]")


def read_the_log_of(page: Page, step: str) -> None:
    row = page.locator(".run-steps tr", has_text=step).first
    row.get_by_role("link", name="Log").click()
    expect(page.locator("#step-log .line").first).to_be_visible(timeout=SLOW)
