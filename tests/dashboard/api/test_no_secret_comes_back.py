"""A secret in every secret field of every method: looked for in rows, pages, answers and logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from dashboard.models import Connection, User
from provisioning import clouds
from provisioning.contracts import Access, Cloud
from provisioning.errors import PermissionDenied
from tests import planted
from tests.dashboard.api.conftest import Caller
from tests.dashboard.api.documented import operations
from tests.whole.canaries import Canaries

ACCOUNT = "444455556666"


def test_every_secret_field_of_every_method_is_planted() -> None:
    for cloud in Cloud:
        for method in clouds.methods_of(cloud):
            fields = clouds.credential_schema(cloud, method)["properties"]
            secret = {name for name, about in fields.items() if "writeOnly" in str(about)}
            assert secret <= set(planted.METHODS.get((cloud.value, method), {})), method


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """While there is something in this list everybody is refused, in these words."""
    refused: list[str] = []

    def identity(access: Access) -> str:
        if refused:
            raise PermissionDenied(refused[0], code="Denied")
        return ACCOUNT

    monkeypatch.setattr(clouds, "check_identity", identity)
    return refused


def test_none_of_them_is_found_anywhere(
    admin: User,
    cloud: list[str],
    sign_in: Callable[[User], Client],
    call_as: Callable[[User], Caller],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    api, browser, canaries = call_as(admin), sign_in(admin), Canaries(planted.SECRETS)
    told: dict[str, str] = {}

    def note(where: str, body: object) -> None:
        told[where] = str(body)

    for (name, method), fields in planted.METHODS.items():
        body = {"name": f"{name} {method}", "cloud": name, "method": method, "credential": fields}
        made = api.post("/connections", body, expect=201)
        path = f"/connections/{made['id']}"
        note(f"made {method}", made)
        note(f"rotated {method}", api.patch(path, {"credential": fields, "method": method}))
        note(f"undone {method}", api.post(f"{path}/undo"))
        wrong = {**fields, "region": planted.ROLE_KEY, "unknown": planted.KEYS_KEY}
        note(f"wrong {method}", api.patch(path, {"credential": wrong}, expect=422))
        cloud.append("You may not enter.")
        note(f"refused {method}", api.patch(path, {"credential": fields}, expect=422))
        page = browser.post(f"{path}/rotate?method={method}", {**fields, "rotation": 2})
        assert page.status_code == 400
        note(f"refused page {method}", page.content.decode())
        cloud.clear()
    for path in ("/connections", "/audit", "/audit.csv", "/system", "/"):
        answer = browser.get(path)
        note(path, b"".join(answer).decode())
    for row in Connection.objects.all():
        for part in ("", "/edit", "/rotate"):
            note(f"{row} {part}", browser.get(f"/connections/{row.pk}{part}").content.decode())
    for method, path, _ in operations():
        if method == "get":
            answer = api("GET", re.sub(r"\{[^}]+\}", str(Connection.objects.first().pk), path))
            note(f"API {path}", answer.content.decode())
    rows = StringIO()
    call_command("dumpdata", "--all", stdout=rows)
    assert "aws role" in rows.getvalue() and '"sealed": "gAAAA' in rows.getvalue()
    note("rows", rows.getvalue())
    note("log", caplog.text)
    found = {where: canaries.in_(text) for where, text in told.items()}
    assert {where: names for where, names in found.items() if names} == {}
    assert dict(canaries.in_files(tmp_path)) == {}
