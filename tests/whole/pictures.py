"""Take the pictures of the README from the running product: `make pictures`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.whole.conftest import FLAGS, chromium_path, sign_in
from tests.whole.connecting import OTHERS, Administrator, add_by_role, check, mend
from tests.whole.product import Client, Product
from tests.whole.walking import SLOW

WEEKDAYS = {"kind": "schedule", "cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"}
DAILY = {"kind": "schedule", "cron": "0 4 * * *", "timezone": "Europe/Berlin"}
SIX_HOURLY = {"kind": "schedule", "cron": "30 */6 * * *", "timezone": "UTC"}
CSV = {"kind": "object_created", "prefix": "data/", "suffix": ".csv"}
NIGHTLY = {"kind": "schedule", "cron": "15 22 * * *", "timezone": "America/New_York"}


def define(
    client: Client,
    name: str,
    settings: dict[str, Any],
    *triggers: dict[str, Any],
    blueprint: str = "aws_sagemaker_pipeline",
) -> int:
    cloud = {"aws": "AWS", "azure": "Azure", "google": "Google"}[blueprint.partition("_")[0]]
    body = {
        "name": name, "connection": f"Sandbox {cloud}", "blueprint": blueprint,
        "settings": settings, "triggers": list(triggers),
    }  # fmt: skip
    made = client.post("/pipelines", body, expect=201)
    assert client.deploy(made["id"])["status"] == "succeeded"
    return int(made["id"])


def live(client: Client) -> dict[str, str]:
    """Two weeks of history; returns the pages to take, by picture."""
    examples = {each["kind"]: each["example"] for each in client.get("/blueprints")}
    example = examples["aws_sagemaker_pipeline"]
    broken = json.loads(json.dumps(example).replace("input/train", "inbox/train"))
    churn = define(client, "churn-training", example, WEEKDAYS)
    define(client, "price-forecast", example, NIGHTLY)
    client.post("/sandbox/clock", {"advance": "P12D"})
    late = define(client, "returns-scoring", broken, DAILY)
    client.post("/sandbox/clock", {"advance": "P2D"})
    orders = files_and_faults(client, examples)
    for pipeline in client.get("/pipelines"):
        client.post(f"/pipelines/{pipeline['id']}/sync")
    deployment = client.get(f"/deployments?pipeline={churn}")["items"][0]["id"]
    failed = client.get(f"/runs?pipeline={late}&status=failed")["items"][0]["id"]
    ordered = client.get(f"/runs?pipeline={orders}&status=failed")["items"][0]["id"]
    return {
        "overview": "/",
        "pipeline": f"/pipelines/{churn}",
        "proof": f"/pipelines/{churn}/triggers/",
        "deployment": f"/deployments/{deployment}",
        "run": f"/runs/{failed}",
        "graph": f"/runs/{ordered}",
        "sandbox": "/sandbox",
    }


def files_and_faults(client: Client, examples: dict[str, dict[str, Any]]) -> int:
    """What starts a run, what starts none, and a step that fails because somebody said so."""
    example = examples["azure_data_factory"]
    orders = define(
        client, "orders-import", example, SIX_HOURLY, CSV, blueprint="azure_data_factory"
    )
    words = define(
        client, "word-count", examples["google_data_pipeline"], CSV,
        blueprint="google_data_pipeline",
    )  # fmt: skip
    fault = {"kind": "fail_step", "cloud": "azure", "match": "train", "count": 1}
    client.post("/sandbox/faults", {**fault, "message": "The cluster ran out of memory."})
    dropped = ((words, "data/hamlet.csv"), (words, "notes/a.csv"), (orders, "data/1.csv"))
    for pipeline, key in dropped:
        body = {"pipeline": pipeline, "key": key, "content": "a,b\n1,2\n"}
        client.post("/sandbox/objects", body, expect=201)
        client.post("/sandbox/clock", {"advance": "PT1M"})
    lost = {"kind": "drop_firing", "cloud": "aws", "match": "*price-forecast*", "count": 1}
    client.post("/sandbox/faults", lost)
    return orders


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


def take_connecting(page: Page, folder: Path, product: Product) -> None:
    """A Connection that lacks something, put right, and what its account has."""

    def shoot(name: str) -> None:
        page.wait_for_timeout(600)
        page.screenshot(path=folder / f"connection-{name}.png")

    administrator = Administrator(product)
    administrator.make_a_scheduled_pipeline()
    page.goto("/connections/new/aws/role?sandbox=1")
    shoot("set-up")
    add_by_role(page, made_for="observe", may="deploy")
    check(page, "deploy", "fail").wait_for(timeout=SLOW)
    shoot("red")
    mend(page, administrator)
    page.get_by_role("button", name="Test now").click()
    page.locator("#connection-facts", has_text="Pass").wait_for(timeout=SLOW)
    shoot("green")
    page.get_by_role("link", name="Discover").first.click()
    page.get_by_label(OTHERS).wait_for(timeout=SLOW)
    shoot("discover")


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
            take_connecting(page, folder, product)
            browser.close()
        finally:
            product.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
