"""Everything that is wrong with a definition is named at once, and nothing is made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.models import AuditEntry, Connection, Pipeline, Trigger, Version
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.conftest import BLUEPRINT

DAILY = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}


@pytest.fixture
def body(connection: Connection, example: dict[str, Any]) -> dict[str, Any]:
    return {"name": "Churn", "connection": connection.pk, "blueprint": BLUEPRINT,
            "settings": example, "triggers": [DAILY]}  # fmt: skip


@pytest.fixture
def refused(api: Caller, body: dict[str, Any]) -> Callable[..., dict[str, str]]:
    """Field → message, after making sure that nothing was made."""

    def sent(**changes: Any) -> dict[str, str]:
        audited = AuditEntry.objects.count()
        found = fields(api.post("/pipelines", {**body, **changes}, expect=422))
        for model in (Pipeline, Version, Trigger):
            assert not model.objects.exists()
        assert AuditEntry.objects.count() == audited
        return found

    return sent


def test_all_that_is_wrong_is_named_at_once(
    refused: Callable[..., dict[str, str]], body: dict[str, Any]
) -> None:
    settings = body["settings"]
    settings["steps"][0]["image"] = "not an image"
    settings["steps"][1]["instance_count"] = 0
    del settings["steps"][3]["group"]
    triggers = [{**DAILY, "cron": "61 * * * *"}, {**DAILY, "timezone": "Europe/Bonn"}]
    found = refused(name=" ", connection="Nowhere", settings=settings, triggers=triggers)
    assert set(found) == {
        "name", "connection", "settings.steps.0.image", "settings.steps.1.instance_count",
        "settings.steps.3.group", "triggers.0.cron", "triggers.1.timezone",
    }  # fmt: skip


def test_an_unknown_blueprint_does_not_hide_the_rest(
    refused: Callable[..., dict[str, str]],
) -> None:
    found = refused(name="", blueprint="aws_magic", connection=99)
    assert set(found) == {"name", "blueprint", "connection"}
    assert "aws_sagemaker_pipeline" in found["blueprint"]


def test_what_is_missing_is_named(api: Caller) -> None:
    found = fields(api.post("/pipelines", {"triggers": [{}]}, expect=422))
    assert set(found) == {
        "name", "connection", "blueprint", "settings", "triggers.0.kind",
    }  # fmt: skip
    assert set(found.values()) == {"This is required.", "Choose a kind."}


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_names_are_short_and_not_empty(name: str, refused: Callable[..., dict[str, str]]) -> None:
    assert set(refused(name=name)) == {"name"}


@pytest.mark.parametrize(
    "named", ["Nowhere", "", 0, -1, 2**63, 10**4000, "0", "-1", "9" * 19, "9" * 5000, "٣٣"]
)
def test_connections_that_there_are_not(named: Any, refused: Callable[..., dict[str, str]]) -> None:
    assert refused(connection=named) == {"connection": "There is no such connection."}


@pytest.mark.parametrize("named", [True, None, 1.0, ["Sandbox AWS"], {"id": 1}])
def test_connections_of_another_type(named: Any, refused: Callable[..., dict[str, str]]) -> None:
    assert refused(connection=named) == {
        "connection": "Give the id as a number, or the name as text."
    }


def test_a_disabled_connection_is_refused(
    refused: Callable[..., dict[str, str]], connection: Connection
) -> None:
    Connection.objects.update(enabled=False)
    assert refused() == {"connection": "Sandbox AWS is disabled."}


def test_a_name_is_given_once(api: Caller, body: dict[str, Any]) -> None:
    api.post("/pipelines", body, expect=201)
    again = api.post("/pipelines", body, expect=422)
    assert fields(again) == {"name": "A pipeline of this name exists already."}
    other = api.post("/pipelines", {**body, "name": "Other"}, expect=201)
    renamed = api.patch(f"/pipelines/{other['id']}", {"name": "Churn"}, expect=422)
    assert set(fields(renamed)) == {"name"}
    assert api.patch(f"/pipelines/{other['id']}", {"name": "Other"})["name"] == "Other"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cron": ""}, "cron"),
        ({"cron": "* * * *"}, "cron"),
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"cron": "@daily"}, "cron"),
        ({"cron": "30 2 * * *"}, "cron"),
        ({"cron": "0 " * 200}, "cron"),
        ({"cron": ",".join(map(str, range(60))) + " " + ",".join(map(str, range(24))) + " * * *"},
         "cron"),
        ({"cron": 5}, "cron"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": "CEST"}, "timezone"),
        ({"timezone": "../../../etc/passwd"}, "timezone"),
        ({"timezone": "x" * 500}, "timezone"),
        ({"kind": "lunar"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["schedule"]}, "kind"),
        ({"prefix": "data/"}, "prefix"),
        ({"start": "2030-01-01T00:00:00"}, "start"),
        ({"start": 1893456000}, "start"),
        ({"start": "1893456000"}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"start": "0001-01-01T00:00:00Z"}, "start"),
        ({"end": "9999-12-31T23:59:59-14:00"}, "end"),
        ({"end": "9999-12-31T23:59:59Z"}, "end"),
        ({"start": "9999-12-31T23:59:00Z"}, "start"),
        ({"start": "2031-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}, "end"),
        ({"end": "1969-01-01T00:00:00Z"}, "end"),
        ({"key": "Not a key"}, "key"),
        ({"key": "k" * 21}, "key"),
        ({"id": 1}, "id"),
        ({"id": "1"}, "id"),
        ({"state": "active"}, "state"),
        ({"paused": True}, "paused"),
    ],
    ids=lambda value: json.dumps(value)[:60],
)  # fmt: skip
def test_what_is_wrong_with_a_trigger(
    change: dict[str, Any], field: str, refused: Callable[..., dict[str, str]]
) -> None:
    assert set(refused(triggers=[DAILY, {**DAILY, **change}])) == {f"triggers.1.{field}"}


def test_too_many_triggers_are_refused(refused: Callable[..., dict[str, str]]) -> None:
    assert set(refused(triggers=[DAILY] * 51)) == {"triggers"}


def test_a_key_stands_for_one_trigger(refused: Callable[..., dict[str, str]]) -> None:
    assert set(refused(triggers=[{**DAILY, "key": "a"}, {**DAILY, "key": "a"}])) == {
        "triggers.1.key"
    }


def test_what_only_shows_together_is_named_too(
    refused: Callable[..., dict[str, str]], body: dict[str, Any]
) -> None:
    del body["settings"]["parameters"][0]["default"]
    assert set(refused()) == {"settings.parameters.0.default"}


def test_a_pasted_definition_is_wrong_at_a_line(api: Caller, body: dict[str, Any]) -> None:
    text = '{\n "Version": "2020-12-01",\n "Steps": [{"Name": "a", "Type": "Dance"}]\n}'
    settings = {"source": "definition", "definition": text}
    refused = api.post("/pipelines", {**body, "settings": settings}, expect=422)
    lines = {(each["field"], each.get("line")) for each in refused["problems"]}
    assert ("settings.definition", 3) in lines


@pytest.mark.parametrize(
    "given",
    [{}, {"steps": {}}, {"steps": [None]}, {"source": 7}, {"steps": [{"kind": "dance"}]},
     {"definition": [], "source": "definition"}, {"steps": [[]] * 60}, {"": ""}],
    ids=json.dumps,
)  # fmt: skip
def test_odd_settings_are_refused_below_settings(
    given: dict[str, Any], refused: Callable[..., dict[str, str]]
) -> None:
    assert all(field.startswith("settings") for field in refused(settings=given))


def test_a_note_is_short(refused: Callable[..., dict[str, str]]) -> None:
    assert set(refused(note="x" * 201)) == {"note"}
