"""Triggers of every kind: what they take, what they refuse, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.models import Connection, Pipeline, Version
from provisioning.blueprints import registry
from provisioning.contracts import TriggerKind
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.api.documented import document
from tests.dashboard.conftest import BLUEPRINT

SCHEDULE = {"kind": "schedule", "cron": "0 6 * * *"}
WINDOW = {
    "kind": "tumbling_window", "frequency": "hour", "interval": 6,
    "start": "2026-01-01T00:00:00Z",
}  # fmt: skip
OBJECT = {"kind": "object_created", "prefix": "data/", "suffix": ".csv"}
EVENT = {"kind": "event", "source": "shop", "types": ["order.paid", "order.sent"]}
WEBHOOK = {"kind": "webhook"}


class EveryKind:
    """The Blueprint of the tests, as if its cloud fired every kind of trigger."""

    trigger_kinds = frozenset(TriggerKind)

    def __init__(self) -> None:
        self._real = registry.get(BLUEPRINT)

    def prepare(self, spec: Any, now: Any) -> Any:
        return spec

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = EveryKind()
    monkeypatch.setattr(registry, "get", lambda _name: kind)


@pytest.fixture
def body(connection: Connection, example: dict[str, Any], every_kind: None) -> dict[str, Any]:
    return {"name": "Churn", "connection": connection.pk, "blueprint": BLUEPRINT,
            "settings": example}  # fmt: skip


@pytest.fixture
def saved(api: Caller, body: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    def made(trigger: dict[str, Any]) -> dict[str, Any]:
        found = api.post("/pipelines", {**body, "triggers": [trigger]}, expect=201)
        (shown,) = api.get(f"/pipelines/{found['id']}")["triggers"]
        return dict(shown)

    return made


@pytest.fixture
def refused(api: Caller, body: dict[str, Any]) -> Callable[..., dict[str, str]]:
    def told(trigger: dict[str, Any]) -> dict[str, str]:
        found = api.post("/pipelines", {**body, "triggers": [SCHEDULE, trigger]}, expect=422)
        assert not Pipeline.objects.filter(name="Churn").exists()
        return fields(found)

    return told


@pytest.fixture
def upstream(new_pipeline: Callable[..., Pipeline]) -> Pipeline:
    return new_pipeline("Ingest")


# ── Kept and shown ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("trigger", [WINDOW, OBJECT, EVENT, WEBHOOK], ids=lambda one: one["kind"])
def test_what_is_said_of_a_trigger_is_kept_and_shown(
    trigger: dict[str, Any], saved: Callable[..., dict[str, Any]]
) -> None:
    shown = saved(trigger)
    assert trigger.items() <= shown.items()
    assert (shown["key"], shown["paused"], shown["next"]) == ("t1", False, None)
    assert shown["state"] == ("missing" if trigger is WEBHOOK else "unknown")  # it has no secret


def test_a_completion_names_another_pipeline(
    upstream: Pipeline, saved: Callable[..., dict[str, Any]]
) -> None:
    shown = saved({"kind": "completion", "pipeline": upstream.pk})
    assert (shown["pipeline"], shown["on"]) == (upstream.pk, "succeeded")
    assert shown["parameters"] == {}


def test_a_completion_gives_parameters_as_text(
    upstream: Pipeline, saved: Callable[..., dict[str, Any]]
) -> None:
    given = {"object": "data/x.csv", "Rate": 0.5, "Full": True}
    shown = saved({"kind": "completion", "pipeline": upstream.pk, "parameters": given})
    assert shown["parameters"] == {"object": "data/x.csv", "Rate": "0.5", "Full": "true"}


def test_what_a_window_leaves_out_is_as_data_factory_has_it(
    saved: Callable[..., dict[str, Any]],
) -> None:
    shown = saved(WINDOW)
    assert (shown["end"], shown["delay_seconds"], shown["max_concurrency"]) == (None, 0, 1)
    assert (shown["retry_count"], shown["retry_interval_seconds"]) == (0, 30)


def test_only_the_fields_of_its_kind_are_shown(saved: Callable[..., dict[str, Any]]) -> None:
    assert not {"cron", "timezone", "start", "end", "types"} & set(saved(OBJECT))


def test_a_detail_is_kept_as_it_is(saved: Callable[..., dict[str, Any]]) -> None:
    detail = {"status": ["ready"], "rows": [{"numeric": [">", 100]}], "where": {"a": [None]}}
    assert saved({**EVENT, "detail": detail})["detail"] == detail


def test_the_same_triggers_sent_again_make_no_version(api: Caller, body: dict[str, Any]) -> None:
    triggers = [WINDOW, OBJECT, {**EVENT, "detail": {"a": ["b"]}}, WEBHOOK]
    made = api.post("/pipelines", {**body, "triggers": triggers}, expect=201)
    named = [{**each, "key": f"t{n}"} for n, each in enumerate(triggers, start=1)]
    assert api.patch(f"/pipelines/{made['id']}", {"triggers": named}) == made
    assert Version.objects.filter(pipeline=made["id"]).count() == 1


# ── Refused ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({**WINDOW, "frequency": "week"}, "frequency"),
        ({**WINDOW, "interval": 0}, "interval"),
        ({**WINDOW, "interval": "6"}, "interval"),
        ({**WINDOW, "interval": True}, "interval"),
        ({**WINDOW, "interval": 2**40}, "interval"),
        ({**WINDOW, "start": None}, "start"),
        ({**WINDOW, "start": "2026-01-01T00:00:00"}, "start"),
        ({**WINDOW, "max_concurrency": 51}, "max_concurrency"),
        ({**WINDOW, "retry_interval_seconds": 29}, "retry_interval_seconds"),
        ({**WINDOW, "cron": "0 6 * * *"}, "cron"),
        ({"kind": "object_created", "prefix": 7}, "prefix"),
        ({**OBJECT, "prefix": "x" * 513}, "prefix"),
        ({**OBJECT, "source": "shop"}, "source"),
        ({**EVENT, "types": []}, "types"),
        ({**EVENT, "types": ["a"] * 21}, "types"),
        ({**EVENT, "types": "order.paid"}, "types"),
        ({**EVENT, "types": [7]}, "types.0"),
        ({**EVENT, "source": ""}, "source"),
        ({**EVENT, "detail": ["ready"]}, "detail"),
        ({"kind": "event", "types": ["a"]}, "source"),
        ({"kind": "completion"}, "pipeline"),
        ({"kind": "completion", "pipeline": "Ingest"}, "pipeline"),
        ({"kind": "completion", "pipeline": 1, "on": "stopped"}, "on"),
        ({"kind": "completion", "pipeline": 1, "parameters": []}, "parameters"),
        ({"kind": "completion", "pipeline": 1, "parameters": {"a": {}}}, "parameters.a"),
        ({**WEBHOOK, "secret": "mine"}, "secret"),
        ({**WEBHOOK, "paused": True}, "paused"),
        ({}, "kind"),
        ({"kind": "lunar"}, "kind"),
    ],
    ids=lambda value: str(value)[:70],
)  # fmt: skip
def test_what_is_wrong_is_named_at_its_field(
    trigger: dict[str, Any], field: str, refused: Callable[..., dict[str, str]]
) -> None:
    assert set(refused(trigger)) == {f"triggers.1.{field}"}


def test_an_event_pattern_may_not_nest_without_end(
    refused: Callable[..., dict[str, str]],
) -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"a": deep}
    assert set(refused({**EVENT, "detail": deep})) == {"triggers.1.detail"}


def test_a_kind_that_the_cloud_does_not_fire_is_refused_by_name(
    api: Caller, connection: Connection, example: dict[str, Any]
) -> None:
    body = {"name": "Churn", "connection": connection.pk, "blueprint": BLUEPRINT,
            "settings": example, "triggers": [WINDOW]}  # fmt: skip
    found = fields(api.post("/pipelines", body, expect=422))
    assert found == {"triggers.0.kind": "SageMaker pipeline has no triggers of this kind."}


# ── Documented ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("schema", ["PipelineIn", "PipelineDetail"])
def test_the_document_tells_the_kinds_apart(schema: str) -> None:
    items = document()["components"]["schemas"][schema]["properties"]["triggers"]["items"]
    assert items["discriminator"]["propertyName"] == "kind"
    # Nobody writes a native one: it is what a watched pipeline was found to have.
    kinds = set(TriggerKind) - ({TriggerKind.NATIVE} if schema == "PipelineIn" else set())
    assert set(items["discriminator"]["mapping"]) == {kind.value for kind in kinds}
    assert len(items["oneOf"]) == len(kinds)
