"""Looking after what runs, in a real browser: what was missed is made up for, and a maintenance
pauses a pipeline and restores it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.whole.product import Client
from tests.whole.test_own_triggers import made

HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "Europe/Berlin"}
SECONDS = 120_000
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hourly(client: Client) -> int:
    """A pipeline whose first two starts were dropped by the cloud."""
    client.to_quiet_minute()
    id = made(client, "hourly-report", HOURLY)
    fault = {"kind": "drop_firing", "cloud": "aws", "match": "*hourly-report*", "count": 2}
    client.post("/sandbox/faults", fault, expect=201)
    client.post("/sandbox/clock", {"advance": "PT5H"})
    client.post(f"/pipelines/{id}/sync")
    return id


def test_what_was_missed_is_made_up_for(page: Page, client: Client, hourly: int) -> None:
    page.goto(f"/pipelines/{hourly}/ledger/")
    page.get_by_role("link", name="Backfill …").click()
    expect(page.get_by_role("heading", name="2 starts missing")).to_be_visible()
    page.get_by_label("Runs at once").fill("2")
    page.get_by_role("button", name="Start what is ticked").click()
    page.wait_for_url(re.compile(r"/backfills/\d+"))
    expect(page.locator("#rows").get_by_role("link", name=re.compile("^run "))).to_have_count(
        2, timeout=SECONDS
    )
    client.post("/sandbox/clock", {"advance": "PT20M"})
    client.post(f"/pipelines/{hourly}/sync")
    page.goto(f"/pipelines/{hourly}/ledger/?status=missed")
    expect(page.get_by_text("backfilled")).to_have_count(2)
    page.goto(f"/pipelines/{hourly}/backfill")
    expect(page.get_by_text("Nothing is missing in this time")).to_be_visible()


def test_a_maintenance_pauses_and_restores(page: Page, hourly: int) -> None:
    page.goto(f"/pipelines/{hourly}/triggers/")
    page.get_by_role("link", name="Pause all for a maintenance").click()
    page.get_by_label("Why").fill("Move of the database")
    page.get_by_role("button", name="Show what will not run").click()
    expect(page.get_by_role("heading", name=re.compile("Will not run: 24 starts"))).to_be_visible()
    page.get_by_role("button", name="Begin maintenance").click()
    rows = page.locator("#rows")
    expect(rows.get_by_text("Paused.")).to_be_visible(timeout=SECONDS)
    address = page.url

    page.goto(f"/pipelines/{hourly}/triggers/")
    expect(page.get_by_text("no trigger of this pipeline fires")).to_be_visible()
    expect(page.locator("#trigger-t1 [data-state=paused]")).to_be_visible()

    page.goto(address)
    page.get_by_role("button", name="End maintenance now").click()
    expect(rows.get_by_text("Resumed.")).to_be_visible(timeout=SECONDS)
    page.goto(f"/pipelines/{hourly}/triggers/")
    expect(page.locator("#trigger-t1 [data-state=active]")).to_be_visible()
