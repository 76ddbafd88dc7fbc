"""Take the pictures of the README from the running product: `make pictures`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.whole.conftest import FLAGS, chromium_path, sign_in
from tests.whole.product import Client, Product

WEEKDAYS = {"kind": "schedule", "cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"}
DAILY = {"kind": "schedule", "cron": "0 4 * * *", "timezone": "Europe/Berlin"}
NIGHTLY = {"kind": "schedule", "cron": "15 22 * * *", "timezone": "America/New_York"}


def define(client: Client, name: str, settings: dict[str, Any], trigger: dict[str, Any]) -> int:
    body = {
        "name": name, "connection": "Sandbox AWS", "blueprint": "aws_sagemaker_pipeline",
        "settings": settings, "triggers": [trigger],
    }  # fmt: skip
    made = client.post("/pipelines", body, expect=201)
    assert client.deploy(made["id"])["status"] == "succeeded"
    return int(made["id"])


def live(client: Client) -> dict[str, str]:
    """Two weeks of history; returns the pages to take, by picture."""
    example = client.get("/blueprints")[0]["example"]
    broken = json.loads(json.dumps(example).replace("input/train", "inbox/train"))
    churn = define(client, "churn-training", example, WEEKDAYS)
    define(client, "price-forecast", example, NIGHTLY)
    client.post("/sandbox/clock", {"advance": "P12D"})
    late = define(client, "returns-scoring", broken, DAILY)
    client.post("/sandbox/clock", {"advance": "P2D"})
    for pipeline in client.get("/pipelines"):
        client.post(f"/pipelines/{pipeline['id']}/sync")
    deployment = client.get(f"/deployments?pipeline={churn}")["items"][0]["id"]
    failed = client.get(f"/runs?pipeline={late}&status=failed")["items"][0]["id"]
    return {
        "overview": "/",
        "pipeline": f"/pipelines/{churn}",
        "proof": f"/pipelines/{churn}/triggers/",
        "deployment": f"/deployments/{deployment}",
        "run": f"/runs/{failed}",
    }


def take(page: Page, folder: Path, pages: dict[str, str]) -> None:
    for name, path in pages.items():
        page.goto(path)
        page.wait_for_timeout(600)
        page.screenshot(path=folder / f"{name}.png")
    page.goto("/pipelines/new")
    page.get_by_text("Sandbox AWS").click()
    page.get_by_test_id("continue").click()
    page.get_by_label("Name", exact=True).fill("demand-training")
    page.get_by_label("SageMaker pipeline").check()
    page.get_by_test_id("continue").click()
    page.get_by_role("button", name="Start from the example").click()
    page.get_by_role("button", name="Put back what was there").wait_for()
    page.get_by_test_id("continue").click()
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Time zone").press("Tab")
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "schedule.png")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        product = Product(data=Path(data)).start()
        try:
            pages = live(product.client())
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            context = browser.new_context(
                base_url=product.url, viewport={"width": 1280, "height": 800}
            )
            page = context.new_page()
            sign_in(page)
            take(page, folder, pages)
            browser.close()
        finally:
            product.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
