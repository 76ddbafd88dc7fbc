"""Systems that objects and events start, in a real browser: from the form to the run's log."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.whole.product import Client
from tests.whole.walking import (
    SLOW,
    add,
    begin,
    finish,
    open_the_run,
    read_the_log_of,
    without_a_schedule,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CSV = {"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}


def deploy(page: Page, name: str, *, connection: str, blueprint: str, trigger: str) -> None:
    """Walk the form with the example and one trigger; ends on the deployed pipeline's page."""
    begin(page, name, connection=connection, blueprint=blueprint)
    without_a_schedule(page)
    add(page, trigger)
    finish(page, name)


@pytest.mark.parametrize(
    ("connection", "blueprint", "step"),
    [
        ("Sandbox AWS", "Retraining on new data", "Training"),
        ("Sandbox AWS", "SageMaker pipeline", "prepare"),
        ("Sandbox Azure", "Data Factory pipeline", "archive"),
        ("Sandbox Google", "Retraining on Google Cloud", "train"),
    ],
    ids=["aws", "sagemaker", "azure", "google"],
)
def test_a_file_dropped_on_the_page_becomes_a_run(
    page: Page, connection: str, blueprint: str, step: str
) -> None:
    name = f"drop-{blueprint.split()[0].lower()}-{step}".lower()
    deploy(
        page, name, connection=connection, blueprint=blueprint, trigger="Add an object trigger"
    )  # fmt: skip
    page.locator("form[data-drop] input[type=file]").set_input_files(CSV)  # type: ignore[arg-type]
    page.get_by_role("button", name="Put file").click()
    expect(page.get_by_text("data/x.csv is in the bucket")).to_be_visible(timeout=SLOW)
    open_the_run(page, "data/x.csv")
    read_the_log_of(page, step)

    page.goto("/sandbox")
    expect(page.get_by_text("Delivered").first).to_be_visible()


def test_events_are_listed_with_the_state_at_each_and_replayed(page: Page, client: Client) -> None:
    deploy(
        page, "sourced", connection="Sandbox AWS", blueprint="Event-sourced training",
        trigger="Add an event trigger",
    )  # fmt: skip
    page.get_by_role("link", name="Try out", exact=True).click()
    page.get_by_role("button", name="Send event").click()
    expect(page.get_by_text("dataset.ready is sent")).to_be_visible(timeout=SLOW)
    open_the_run(page, "dataset.ready")
    page.get_by_role("link", name="sourced").first.click()
    page.get_by_role("link", name="Event log", exact=True).click()
    expect(page.get_by_text("model.registered").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_test_id("state").get_by_text("trained", exact=True)).to_be_visible()
    page.get_by_role("link", name="State then").first.click()
    expect(page.get_by_role("heading", name="State at this event")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Replay events").click()
    expect(page.get_by_text("delivers these events once more")).to_be_visible(timeout=SLOW)

    page.get_by_role("link", name="Resources", exact=True).click()
    expect(page.get_by_text("Notebook instance").first).to_be_visible(timeout=SLOW)
