"""Secrets are planted in the running product, and looked for wherever it leaves something."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from playwright.sync_api import APIRequestContext, Playwright

from provisioning import clouds
from provisioning.contracts import Cloud
from tests import planted
from tests.whole.canaries import Canaries, Watch
from tests.whole.product import PASSWORD, Client, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

SEALING_KEY = Fernet.generate_key().decode()
BY_FORM = 'form/+secret"&key-0123456789abcdefgh'
BY_API = 'api/+secret"&key-0123456789abcdefghij'
MISTYPED = "a-secret-in-the-wrong-place-0123"
CLIENT_SECRET = "azure8Q~abcdefghijklmnopqrstuvwxyz012345"
SESSION_TOKEN = "session/+token/0123456789abcdefghijklmnopqrstuvwxyz=="
PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
GOOGLE_KEY = {
    "type": "service_account",
    "project_id": "planted-project",
    "private_key_id": "c0ffee6789abcdef0123456789abcdef01234567",
    "private_key": PRIVATE_KEY.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode(),
    "client_email": "deployer@planted-project.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}
KEY_LINE = GOOGLE_KEY["private_key"].splitlines()[7]  # as good as the whole, and on one line
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
# Of each cloud every secret field, for a Connection to a real account.
PLANTED: dict[str, tuple[str, dict[str, str]]] = {
    "aws": (
        "access_keys",
        {
            "access_key_id": "ASIA0123456789ABCDEF", "region": "eu-west-1",
            "secret_access_key": BY_API, "session_token": SESSION_TOKEN,
        },
    ),
    "azure": (
        "client_secret",
        {
            "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47", "region": "westeurope",
            "client_id": "1950a258-227b-4e31-a9cf-717495945fc2", "client_secret": CLIENT_SECRET,
            "subscription_id": "5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e",
        },
    ),
    "google": (
        "service_account",
        {"service_account_key": json.dumps(GOOGLE_KEY), "region": "europe-west1"},
    ),
}  # fmt: skip
ACCOUNTS = {
    "aws": "444455556666",
    "azure": "5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e",
    "google": "planted-project",
}


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
    # What is left at home or in the folder for temporary files is looked at as well.
    around = {"HOME": str(folder.parent / "home"), "TMPDIR": str(folder.parent / "tmp")}
    for path in around.values():
        Path(path).mkdir()
    cache = {"SKYCLOCK_ENGINE_CACHE": str(settings.ENGINE_CACHE)}
    product = Product(data=folder, extra=ENVIRONMENT | around | cache).start()
    assert product.process
    try:
        watch = Watch(product.process.pid).start()
        client = product.client()
        browser = driver.request.new_context(base_url=product.url)
        plant(browser, client)
        known = work(product, client, browser)
        answers = everything(browser, client)
        browser.dispose()
        watch.note_listeners()
        watch.stop()
        yield Evidence(product, canaries_of(product, client, known), watch, answers)
    finally:
        product.stop()


def canaries_of(product: Product, client: Client, more: dict[str, str]) -> Canaries:
    return Canaries(
        {
            **more,
            **planted.SECRETS,
            "session": SESSION_TOKEN,
            "azure": CLIENT_SECRET,
            "google": KEY_LINE,
            "key id": GOOGLE_KEY["private_key_id"],
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


def submit(browser: APIRequestContext, path: str, to: str = "", **fields: str) -> Any:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(path).text())
    assert found
    return browser.post(to or path, form={**fields, "csrfmiddlewaretoken": found[1]})


def plant(browser: APIRequestContext, client: Client) -> None:
    assert submit(browser, "/sign-in", username="admin", password=PASSWORD).ok
    real = {**OF_THE_CONNECTION, "level": "deploy"}
    form = "/connections/new/aws/access_keys"
    made = submit(browser, form, name="By form", secret_access_key=BY_FORM, **real)
    assert re.search(r"/connections/\d+$", made.url), made.url
    wrong = {**real, "access_key_id": MISTYPED, "region": MISTYPED}
    refused = submit(browser, form, name="x", secret_access_key=BY_FORM, **wrong)
    assert refused.status == 400
    body = {
        "name": "By API", "cloud": "aws", "method": "access_keys", "level": "deploy",
        "credential": {**OF_THE_CONNECTION, "secret_access_key": BY_API},
    }  # fmt: skip
    for cloud, (method, credential) in PLANTED.items():
        real = {"cloud": cloud, "method": method, "level": "deploy", "credential": credential}
        client.post("/connections", {**real, "name": f"By API, {cloud}"}, expect=201)
    for (cloud, method), credential in planted.METHODS.items():
        more = {"cloud": cloud, "method": method, "credential": credential, "level": "observe"}
        client.post("/connections", {**more, "name": f"Planted, {cloud} {method}"}, expect=201)
    for field in ("secret_access_key", "session_token", "unknown"):
        bad = {**OF_THE_CONNECTION, "access_key_id": "no", field: MISTYPED}
        client.post("/connections", {**body, "name": "y", "credential": bad}, expect=422)
    client.post("/connections", {**body, "credential": MISTYPED}, expect=422)


def work(product: Product, client: Client, browser: APIRequestContext) -> dict[str, str]:
    """Deploy on the sandbox, lose an operation, run, fail on real accounts. What became known."""
    pipeline = on_the_sandbox(product, client)
    client.post(f"/pipelines/{pipeline}/runs", {"parameters": {}}, expect=202)
    client.post("/sandbox/clock", {"advance": "P1D"})
    client.post(f"/pipelines/{pipeline}/sync")
    on_real_accounts(product, client)
    (hook,) = [
        each for each in client.get(f"/pipelines/{pipeline}")["triggers"]
        if each["kind"] == "webhook"
    ]  # fmt: skip
    rotated = client.post(f"/pipelines/{pipeline}/triggers/{hook['id']}/rotate", {})
    return {"hook": rotated["secret"], "feed": made_and_revoked_feed(browser)}


def on_the_sandbox(product: Product, client: Client) -> int:
    body = {
        "name": "Churn", "connection": "Sandbox AWS", "blueprint": "aws_sagemaker_pipeline",
        "settings": client.get("/blueprints")[0]["example"],
        "triggers": [
            {"kind": "schedule", "cron": "0 3 * * *", "timezone": "UTC"}, {"kind": "webhook"},
        ],
    }  # fmt: skip
    pipeline: int = client.post("/pipelines", body, expect=201)["id"]
    assert client.deploy(pipeline, "preview")["status"] == "succeeded"
    lost = client.post(f"/pipelines/{pipeline}/deployments", {"operation": "up"})
    client.until(lambda: product.kill("--deployment"), bool)
    assert client.finished(lost["id"])["status"] in ("failed", "interrupted")
    assert client.deploy(pipeline)["status"] == "succeeded"
    return pipeline


def on_real_accounts(product: Product, client: Client) -> None:
    """With their real credentials to the engine, which cannot reach anything."""
    first = {each["cloud"]: each for each in reversed(client.get("/blueprints"))}
    asked: list[int] = []
    for cloud, account in ACCOUNTS.items():
        # As if the cloud had told it, which nobody can ask here.
        product.manage(
            "shell", "-c",
            "from dashboard.models import Connection; "
            f"Connection.objects.filter(name='By API, {cloud}').update(account='{account}')",
        )  # fmt: skip
        body = {
            "name": f"Real {cloud}", "connection": f"By API, {cloud}", "triggers": [],
            "blueprint": first[cloud]["kind"], "settings": first[cloud]["example"],
        }  # fmt: skip
        pipeline = client.post("/pipelines", body, expect=201)["id"]
        for operation in ("preview", "up"):
            body = {"operation": operation}
            asked.append(client.post(f"/pipelines/{pipeline}/deployments", body)["id"])
    for deployment in asked:
        ended = client.finished(deployment, timeout=300)
        assert ended["status"] == "failed", ended


def made_and_revoked_feed(browser: APIRequestContext) -> str:
    shown = submit(browser, "/account", to="/account/feed")
    found = re.search(r"/calendar/feed/([\w-]+)\.ics", shown.text())
    assert found
    assert browser.get(f"/calendar/feed/{found[1]}.ics").ok
    submit(browser, "/account", to="/account/feed/revoke")
    assert not browser.get(f"/calendar/feed/{found[1]}.ics").ok
    return found[1]


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


def test_every_secret_field_of_every_cloud_is_planted() -> None:
    for cloud, (method, fields) in PLANTED.items():
        schema = clouds.credential_schema(Cloud(cloud), method)["properties"]
        assert {name for name, about in schema.items() if "writeOnly" in str(about)} <= set(fields)
    assert set(PLANTED) == {cloud.value for cloud in Cloud}
    for each in Cloud:
        for method in clouds.methods_of(each):
            schema = clouds.credential_schema(each, method)["properties"]
            secret = {name for name, about in schema.items() if "writeOnly" in str(about)}
            assert secret <= set(planted.METHODS.get((each.value, method), {})), method


def test_no_file_holds_a_secret(used: Evidence) -> None:
    around = used.product.data.parent
    found = set(used.canaries.in_files(around))
    assert found == {("data/redis/redis.conf", "redis"), ("data/redis/password", "redis")}


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
        role: [used.canaries.in_(each) for each in environments]
        for role, environments in used.watch.environments.items()
    }
    ours = {"django", "sealing", "passphrase", "redis"}
    for role in ("web", "worker", "beat"):
        assert set.union(*known[role]) == ours, role
    for role in ("operation", "sandbox", "redis"):
        assert set.union(*known[role]) == set(), role


def test_an_engine_knows_the_credential_of_its_own_operation_only(used: Evidence) -> None:
    known = [used.canaries.in_(each) for each in used.watch.environments["engine"]]
    taken = {frozenset(each - {"passphrase"}) for each in known}
    # Google's key is exchanged for a token before an engine starts; here nobody answers to that.
    assert taken - {frozenset()} == {frozenset({"api", "session"}), frozenset({"azure"})}


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
