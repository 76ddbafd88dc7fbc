"""Three systems on three clouds in a real browser: from the form to what each cloud can and
cannot do with a run and with a trigger."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

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
    run_now,
    state,
    without_a_schedule,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CSV = {"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}


def test_a_state_machine_runs_by_its_schedule_and_pauses(page: Page) -> None:
    begin(page, "states", connection="Sandbox AWS", blueprint="Step Functions training")
    page.get_by_role("button", name="Every hour").click()
    expect(page.get_by_text("Exact on EventBridge Scheduler")).to_be_visible()
    finish(page, "states")

    page.goto("/sandbox")
    page.locator("#clock").get_by_role("button", name="+2 h").click()
    fired = page.locator("#journal tr", has_text="skyclock-states-t1").first
    expect(fired).to_contain_text("Delivered")
    page.goto("/pipelines")
    page.get_by_role("link", name="states", exact=True).click()
    open_the_run(page, "schedule")
    expect(page.locator(".run-steps .gantt").first).to_be_visible()
    read_the_log_of(page, "Train")

    page.get_by_role("link", name="states").first.click()
    run_now(page)
    expect(state(page, "Succeeded")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="states").first.click()
    page.get_by_role("link", name="Triggers", exact=True).click()
    expect(page.get_by_text("is not made up for when it is resumed")).to_be_visible()
    page.get_by_role("button", name="Pause trigger").click()
    expect(page.get_by_text("none while paused")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Resume trigger").click()
    expect(page.get_by_text("After that")).to_be_visible(timeout=SLOW)


def test_what_google_cannot_do_is_said_before_it_is_clicked(page: Page) -> None:
    begin(page, "flow", connection="Sandbox Google", blueprint="Google data pipeline")
    page.get_by_role("button", name="Every hour").click()
    add(page, "Add an object trigger")
    finish(page, "flow")
    page.locator("form[data-drop] input[type=file]").set_input_files(CSV)  # type: ignore[arg-type]
    page.get_by_role("button", name="Put file").click()
    expect(page.get_by_text("data/x.csv is in the bucket")).to_be_visible(timeout=SLOW)
    open_the_run(page, "data/x.csv")
    expect(page.locator(".graph-node", has_text="CountWords")).to_be_visible()
    read_the_log_of(page, "CountWords")
    page.get_by_role("link", name="flow").first.click()
    open_the_run(page, "schedule")

    page.get_by_role("link", name="flow").first.click()
    page.get_by_role("link", name="Triggers", exact=True).click()
    expect(page.get_by_text("Google has no pause for a data pipeline")).to_be_visible()
    page.get_by_role("button", name="Pause trigger").first.click()
    expect(page.get_by_text("nothing while paused")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Resume trigger").click()
    expect(page.get_by_text("After that")).to_be_visible(timeout=SLOW)

    run_now(page)
    expect(page.get_by_text("Stopping cancels the Dataflow job, for good")).to_be_visible()
    page.get_by_role("button", name="Stop run").click()
    expect(state(page, "Stopped")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Dataflow runs a job from its beginning only.")).to_be_visible()
    expect(page.get_by_role("button", name="Rerun from failure")).to_have_count(0)


def test_a_factory_makes_up_for_windows_and_goes_on_from_a_failure(
    page: Page, client: Client
) -> None:
    now = datetime.fromisoformat(client.get("/sandbox/clock")["now"])
    first = (now - timedelta(hours=3)).replace(minute=0)
    begin(page, "factory", connection="Sandbox Azure", blueprint="Data Factory pipeline")
    without_a_schedule(page)
    add(page, "Add a tumbling window")
    page.get_by_label("First window begins").fill(f"{first:%Y-%m-%dT%H:%M}")
    add(page, "Add an event trigger")
    finish(page, "factory")
    open_the_run(page, f"{first:%H}:00 to")  # a window of the past

    page.get_by_role("link", name="factory").first.click()
    page.get_by_role("link", name="Try out", exact=True).click()
    page.get_by_role("button", name="Send event").click()
    expect(page.get_by_text("dataset.ready is sent")).to_be_visible(timeout=SLOW)
    open_the_run(page, "dataset.ready")
    expect(page.locator(".graph-node", has_text="train")).to_be_visible()

    fail_the_next(page, "train", cloud="Azure", words="The cluster ran out of memory.")
    page.goto("/pipelines")
    page.get_by_role("link", name="factory", exact=True).click()
    run_now(page)
    expect(state(page, "Failed")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("train: The cluster ran out of memory.")).to_be_visible()
    failed = page.url
    page.get_by_role("button", name="Rerun from failure").click()
    expect(state(page, "Succeeded")).to_be_visible(timeout=SLOW)
    assert page.url != failed
    expect(page.locator(".run-steps td.name")).to_have_count(1)  # what had succeeded stays so
    page.get_by_role("button", name="Rerun", exact=True).click()
    page.get_by_role("button", name="Stop run").click()
    expect(state(page, "Stopped")).to_be_visible(timeout=SLOW)


def fail_the_next(page: Page, step: str, *, cloud: str, words: str) -> None:
    page.goto("/sandbox")
    faults = page.locator("#faults")
    faults.get_by_text("Add a fault").click()
    faults.get_by_label("What goes wrong").select_option(label="Fail a step")
    faults.get_by_label("On", exact=True).select_option(label=cloud)
    faults.get_by_label("Where").fill(step)
    faults.get_by_label("In the cloud's words").fill(words)
    faults.get_by_role("button", name="Add fault").click()
    expect(faults.get_by_role("row", name=re.compile(words))).to_contain_text("1 more")


def test_the_clock_runs_at_the_speed_that_the_console_says(page: Page) -> None:
    page.goto("/sandbox")
    time = page.locator("#sandbox-time")
    page.get_by_role("button", name="×3600, an hour a second").click()
    before = time.inner_text()
    expect(time).not_to_have_text(before)  # it moves by itself
    page.get_by_role("button", name="×1", exact=True).click()
    expect(page.get_by_role("button", name="×1", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
