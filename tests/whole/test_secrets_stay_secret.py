"""Secrets are planted in the running product, and looked for wherever it leaves something."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import APIRequestContext, Playwright

from tests.whole.canaries import Canaries, Watch
from tests.whole.product import PASSWORD, Client, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

SEALING_KEY = Fernet.generate_key().decode()
BY_FORM = 'form/+secret"&key-0123456789abcdefgh'
BY_API = 'api/+secret"&key-0123456789abcdefghij'
MISTYPED = "a-secret-in-the-wrong-place-0123"
ENVIRONMENT = {
    "SKYCLOCK_SECRET_KEY": 'django/+secret"&key-0123456789abcdefghijklmnopqrst',
    "SKYCLOCK_SEALING_KEYS": SEALING_KEY,
    "SKYCLOCK_STATE_PASSPHRASE": 'state/+pass"&phrase-0123456789',
    # What the machine has of AWS is no business of ours.
    "AWS_ACCESS_KEY_ID": "AKIAMACHINE000000001",
    "AWS_SECRET_ACCESS_KEY": "machine/+secret-key-0123456789abcdefghij",
    # The saved credentials are no real ones, so AWS is not asked: nobody listens there.
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1",
}
VARIANTS = 12  # of one page: a calendar leads on without an end
OF_THE_CONNECTION = {"access_key_id": "AKIA0123456789ABCDEF", "region": "eu-west-1"}


@dataclass
class Evidence:
    """What a while of use has left."""

    product: Product
    canaries: Canaries
    watch: Watch
    answers: dict[str, str]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory, driver: Playwright) -> Iterator[Evidence]:
    folder = tmp_path_factory.mktemp("open") / "data"
    folder.mkdir(mode=0o755)  # made beforehand, by somebody who thought of nothing
    product = Product(data=folder, extra=ENVIRONMENT).start()
    assert product.process
    try:
        watch = Watch(product.process.pid).start()
        client = product.client()
        browser = driver.request.new_context(base_url=product.url)
        plant(browser, client)
        work(product, client)
        answers = everything(browser, client)
        browser.dispose()
        watch.note_listeners()
        watch.stop()
        yield Evidence(product, canaries_of(product, client), watch, answers)
    finally:
        product.stop()


def canaries_of(product: Product, client: Client) -> Canaries:
    return Canaries(
        {
            "django": ENVIRONMENT["SKYCLOCK_SECRET_KEY"],
            "sealing": SEALING_KEY,
            "passphrase": ENVIRONMENT["SKYCLOCK_STATE_PASSPHRASE"],
            "machine": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
            "form": BY_FORM,
            "api": BY_API,
            "mistyped": MISTYPED,
            "token": client.token,
            "admin": PASSWORD,
            "redis": (product.data / "redis" / "password").read_text(),
        }
    )


def submit(browser: APIRequestContext, path: str, **fields: str) -> Any:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(path).text())
    assert found
    return browser.post(path, form={**fields, "csrfmiddlewaretoken": found[1]})


def plant(browser: APIRequestContext, client: Client) -> None:
    assert submit(browser, "/sign-in", username="admin", password=PASSWORD).ok
    real = {**OF_THE_CONNECTION, "level": "deploy"}
    form = "/connections/new/aws/access_keys"
    made = submit(browser, form, name="By form", secret_access_key=BY_FORM, **real)
    assert made.url.endswith("/connections")
    wrong = {**real, "access_key_id": MISTYPED, "region": MISTYPED}
    refused = submit(browser, form, name="x", secret_access_key=BY_FORM, **wrong)
    assert refused.status == 400
    body = {
        "name": "By API", "cloud": "aws", "method": "access_keys", "level": "deploy",
        "credential": {**OF_THE_CONNECTION, "secret_access_key": BY_API},
    }  # fmt: skip
    client.post("/connections", body, expect=201)
    for field in ("secret_access_key", "session_token", "unknown"):
        bad = {**body["credential"], "access_key_id": "no", field: MISTYPED}
        client.post("/connections", {**body, "name": "y", "credential": bad}, expect=422)
    client.post("/connections", {**body, "credential": MISTYPED}, expect=422)


def work(product: Product, client: Client) -> None:
    """Deploy on the sandbox, lose an operation, run, fail on the real one, destroy."""
    body = {
        "name": "Churn", "connection": "Sandbox AWS", "blueprint": "aws_sagemaker_pipeline",
        "settings": client.get("/blueprints")[0]["example"],
        "triggers": [{"kind": "schedule", "cron": "0 3 * * *", "timezone": "UTC"}],
    }  # fmt: skip
    pipeline = client.post("/pipelines", body, expect=201)["id"]
    preview = client.deploy(pipeline, "preview")
    assert preview["status"] == "succeeded"
    lost = client.post(f"/pipelines/{pipeline}/deployments", {"operation": "up"})
    client.until(lambda: product.kill("--deployment"), bool)
    assert client.finished(lost["id"])["status"] == "failed"
    assert client.deploy(pipeline)["status"] == "succeeded"
    client.post(f"/pipelines/{pipeline}/runs", {"parameters": {}}, expect=202)
    client.post("/sandbox/clock", {"advance": "P1D"})
    client.post(f"/pipelines/{pipeline}/sync")
    real = client.post("/pipelines", {**body, "name": "Real", "connection": "By API"}, expect=201)
    refused = client.call("POST", f"/pipelines/{real['id']}/deployments", {"operation": "up"})
    assert refused.status in (202, 409)


def everything(browser: APIRequestContext, client: Client) -> dict[str, str]:
    """Every page that a link leads to, and every answer of the API to a GET."""
    found: dict[str, str] = {}
    seen = Counter[str]()
    to_look_at = ["/"]
    while to_look_at:
        path = to_look_at.pop()
        page = path.partition("?")[0]
        if path in found or path.startswith("/static/") or seen[page] == VARIANTS:
            continue
        seen[page] += 1
        found[path] = browser.get(path).text()
        links = re.findall(r'(?:href|hx-get)="(/[^"#]*)', found[path])
        to_look_at += [html.unescape(link) for link in links]
    for path in client.get("/openapi.json")["paths"]:
        bare = path.removeprefix("/api/v1")
        for id in ("1", "2", "3"):
            answer = client.call("GET", bare.replace("{id}", id))
            found[f"API {bare} {id}"] = str(answer.body)
    return found


def test_no_file_holds_a_secret(used: Evidence) -> None:
    found = set(used.canaries.in_files(used.product.data))
    assert found == {("redis/redis.conf", "redis"), ("redis/password", "redis")}


def test_no_page_and_no_answer_holds_a_secret(used: Evidence) -> None:
    assert len(used.answers) > 60
    assert "By form" in used.answers["/connections"]
    found = {path: used.canaries.in_(text) for path, text in used.answers.items()}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_line_of_a_log_holds_a_secret(used: Evidence) -> None:
    assert used.canaries.in_("\n".join(used.product.output)) == set()


def test_no_command_line_holds_a_secret(used: Evidence) -> None:
    for role, command in used.watch.commands.items():
        assert used.canaries.in_(command) == set(), role


def test_every_process_knows_what_it_needs_and_no_more(used: Evidence) -> None:
    known = {
        role: used.canaries.in_(environment)
        for role, environment in used.watch.environments.items()
    }
    ours = {"django", "sealing", "passphrase", "redis"}
    for role in ("web", "worker", "beat"):
        assert known[role] - {"machine"} == ours, role
    for role in ("operation", "sandbox", "redis"):
        assert known[role] == set(), role
    assert known["engine"] == {"passphrase"}


def test_what_is_kept_is_for_its_owner_only(used: Evidence) -> None:
    for path in used.product.data.rglob("*"):
        # The cloud's own folders lie within folders that nobody else can enter.
        if any(parent.stat().st_mode & 0o077 == 0 for parent in inner(path, used.product.data)):
            continue
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path


def inner(path: Path, folder: Path) -> list[Path]:
    return [parent for parent in path.parents if folder in parent.parents]


def test_it_listens_on_this_machine_only(used: Evidence) -> None:
    assert used.watch.listening
    assert all(ip in ("127.0.0.1", "::1", "::ffff:127.0.0.1") for ip in used.watch.listening)
