"""Triggers of Data Factory: what is prepared, what is written, what is read back as proof."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory import names
from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.blueprints.azure_data_factory.triggers import wanted
from provisioning.contracts import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    StackSpec,
    TriggerProof,
    TriggerSpec,
    TriggerState,
    TumblingWindowSpec,
)
from provisioning.errors import InvalidInput, NotPossible, ScheduleRefused
from provisioning.schedules.windows import next_due
from tests.provisioning.blueprints.factories import (
    ACCOUNT,
    CREATED,
    DAILY,
    FACTORY,
    HOURLY,
    READY,
    SLUG,
    Azure,
    activities,
    answering,
    spec,
)

NOW = datetime(2027, 3, 2, 12, tzinfo=UTC)


def refused(*triggers: TriggerSpec, given: dict[str, Any] | None = None) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.prepare(spec(*triggers, given=given), NOW)
    return {each.field: each.message for each in caught.value.problems}


# ── Prepared ────────────────────────────────────────────────────────────────────────


def test_schedules_become_recurrences_that_stay_the_same() -> None:
    prepared = BLUEPRINT.prepare(spec(DAILY), NOW)
    later = BLUEPRINT.prepare(spec(DAILY), NOW + timedelta(days=400))
    assert prepared.natives == later.natives
    (native,) = prepared.natives["t1"]
    assert json.loads(native)["startTime"] == "2026-01-01T00:59:00"
    assert StackSpec.model_validate_json(prepared.model_dump_json()) == prepared


def test_people_read_a_schedule_in_words() -> None:
    native = BLUEPRINT.native_schedule(DAILY)
    assert native.dialect == "Azure Data Factory"
    assert native.expressions == ("every day at 06:00",)
    quarterly = ScheduleSpec(key="t1", cron="0 6 1 2,7,8 *", timezone="UTC")
    assert len(BLUEPRINT.native_schedule(quarterly).expressions) == 2


def test_a_schedule_that_is_not_exact_is_refused_at_its_trigger() -> None:
    gap = ScheduleSpec(key="t2", cron="30 2 * * *", timezone="Europe/Berlin")
    with pytest.raises(ScheduleRefused) as caught:
        BLUEPRINT.prepare(spec(DAILY, gap), NOW)
    assert [each.field for each in caught.value.problems] == ["triggers.1.cron"]


def test_what_azure_cannot_do_is_told_at_its_field() -> None:
    short = TumblingWindowSpec(
        key="t1", frequency="minute", interval=2, start=NOW, end=NOW - timedelta(days=1)
    )
    many = EventSpec(key="t2", source="x", types=tuple("abcdefghijklmnopqrst"), detail={"a": [1]})
    slash = ObjectCreatedSpec(key="t3", prefix="/in/")
    found = refused(short, many, slash)
    assert found["triggers.0.interval"] == "A window of minutes is at least 5 of them long."
    assert "after the start" in found["triggers.0.end"]
    assert "tells events apart by subject and type only" in found["triggers.1.detail"]
    assert "without a slash" in found["triggers.2.prefix"]


def test_a_pipeline_that_would_start_itself_is_refused() -> None:
    assert "would start it again" in refused(ObjectCreatedSpec(key="t1"))["triggers.0.prefix"]
    archive = ObjectCreatedSpec(key="t1", prefix="archive/2027")
    assert "would start it again" in refused(archive)["triggers.0.prefix"]
    assert BLUEPRINT.prepare(spec(ObjectCreatedSpec(key="t1", prefix="in/")), NOW)


def test_runs_of_triggers_need_a_value_for_every_parameter() -> None:
    given = BLUEPRINT.validate(
        activities(
            {"kind": "wait", "name": "a", "seconds": 1},
            parameters=[{"name": "f", "filled_with": "WindowStart"}, {"name": "day"}],
        )
    )
    found = refused(HOURLY, given=given)
    assert list(found) == ["settings.parameters.1.default"]
    found = refused(DAILY, given=given)
    assert list(found) == ["settings.parameters.0.default", "settings.parameters.1.default"]
    assert BLUEPRINT.prepare(spec(given=given), NOW), "by hand it can be started"


def test_what_a_file_fills_needs_no_default_beside_a_schedule() -> None:
    filled = [{"name": "file", "filled_with": "FileName", "default": None}]
    given = BLUEPRINT.validate(
        activities({"kind": "wait", "name": "a", "seconds": 1}, parameters=filled)
    )
    assert BLUEPRINT.prepare(spec(DAILY, CREATED, given=given), NOW)


# ── Written ─────────────────────────────────────────────────────────────────────────


def written(trigger: TriggerSpec) -> dict[str, Any]:
    (document,) = wanted(spec(trigger), trigger).values()
    return document


def test_a_created_file_is_looked_for_in_the_own_container() -> None:
    document = written(CREATED)
    assert document["typeProperties"] == {
        "scope": names.account_id(SLUG, ACCOUNT),
        "events": ["Microsoft.Storage.BlobCreated"],
        "blobPathBeginsWith": "/data/blobs/data/",
        "blobPathEndsWith": ".csv",
        "ignoreEmptyBlobs": False,
    }
    assert document["pipelines"][0]["parameters"] == {
        "file": "@triggerBody().fileName",
        "folder": "@triggerBody().folderPath",
        "skyclock_cause": "@concat(triggerBody().folderPath, '/', triggerBody().fileName)",
    }
    anything = ObjectCreatedSpec(key="t3")
    assert "blobPathEndsWith" not in written(anything)["typeProperties"]


def test_events_are_told_apart_by_type_and_subject() -> None:
    document = written(READY)
    assert document["typeProperties"] == {
        "scope": names.topic_id(SLUG, ACCOUNT),
        "events": ["dataset.ready", "dataset.fixed"],
        "subjectBeginsWith": "lab",
        "subjectEndsWith": "lab",
    }


def test_a_window_knows_itself() -> None:
    window = HOURLY.model_copy(update={"delay_seconds": 90_000, "retry_count": 2})
    document = written(window)
    assert document["typeProperties"] == {
        "frequency": "Hour", "interval": 6, "startTime": "2027-01-01T00:00:00Z",
        "delay": "1.01:00:00", "maxConcurrency": 1,
        "retryPolicy": {"count": 2, "intervalInSeconds": 30},
    }  # fmt: skip
    assert "pipelines" not in document and document["pipeline"]["pipelineReference"]


def test_an_events_data_fit_the_parameter_that_gets_them() -> None:
    def handed(type: str) -> str:
        given = BLUEPRINT.validate(
            activities(
                {"kind": "wait", "name": "a", "seconds": 1},
                parameters=[{"name": "d", "type": type, "default": "{}",
                             "filled_with": "EventData"}],
            )
        )  # fmt: skip
        (document,) = wanted(spec(READY, given=given), READY).values()
        return str(document["pipelines"][0]["parameters"]["d"])

    assert handed("Object") == "@triggerBody().event.data"
    assert handed("String") == "@string(triggerBody().event.data)"


# ── Read back ───────────────────────────────────────────────────────────────────────


def proof(trigger: TriggerSpec, *, status: str = "Enabled", **changes: Any) -> TriggerProof:
    """Of a trigger that the cloud has as it is wished for, but for `changes`."""
    documents = wanted(spec(trigger), trigger)
    value = [
        {"name": name, "id": f"{FACTORY}/triggers/{name}", "type": "x", "etag": "e",
         "properties": {**each, "runtimeState": "Started", **changes}}
        for name, each in documents.items()
    ]  # fmt: skip
    with answering() as (azure, session):
        azure.answers("GET", "/triggers", {"value": value})
        azure.answers("POST", "getEventSubscriptionStatus", {"triggerName": "x", "status": status})
        (found,) = BLUEPRINT.trigger_states(session, spec(trigger))
    return found


def test_what_runs_as_it_ought_to_is_active_and_says_when_next() -> None:
    daily = proof(DAILY)
    assert (daily.state, daily.message) == (TriggerState.ACTIVE, "")
    assert daily.native == ("every day at 06:00, W. Europe Standard Time",)
    assert daily.next == datetime(2027, 3, 3, 5, tzinfo=UTC)
    window = proof(HOURLY)
    assert window.next == datetime(2027, 3, 2, 18, tzinfo=UTC)
    assert window.native == ("windows, one every 6 hours from 2027-01-01T00:00:00Z",)
    created = proof(CREATED)
    assert (created.state, created.next) == (TriggerState.ACTIVE, None)
    assert created.native == ("a blob is created in /data/blobs/data/ that ends with .csv",)
    assert proof(READY).native == ("an event dataset.ready or dataset.fixed about lab",)


def test_azure_may_write_ids_and_times_in_its_own_way() -> None:
    scope = names.account_id(SLUG, ACCOUNT).replace("resourceGroups", "resourcegroups")
    given = {**written(CREATED)["typeProperties"], "scope": scope}
    assert proof(CREATED, typeProperties=given).message == ""
    given = {**written(HOURLY)["typeProperties"], "startTime": "2027-01-01T00:00:00+00:00"}
    assert proof(HOURLY, typeProperties=given).message == ""


def test_one_that_is_stopped_though_it_ought_to_run_is_said_so() -> None:
    found = proof(DAILY, runtimeState="Stopped")
    assert found.state is TriggerState.PAUSED and "though it ought to run" in found.message
    paused = proof(DAILY.model_copy(update={"paused": True}), runtimeState="Stopped")
    assert (paused.state, paused.message) == (TriggerState.PAUSED, "")


def test_one_that_hears_nothing_is_not_called_active() -> None:
    found = proof(CREATED, status="Provisioning")
    assert found.state is TriggerState.UNKNOWN
    assert "its subscription is provisioning" in found.message


def test_one_that_starts_something_else_is_not_called_active() -> None:
    other = {"referenceName": "other", "type": "PipelineReference"}
    found = proof(DAILY, pipelines=[{"pipelineReference": other}])
    assert (found.state, "starts something else: other" in found.message) == (
        TriggerState.UNKNOWN,
        True,
    )
    assert "starts nothing" in proof(DAILY, pipelines=[]).message


def test_one_that_was_changed_in_the_cloud_is_told() -> None:
    recurrence = {
        "frequency": "Day", "interval": 1, "startTime": "2026-01-01T00:00:00Z", "timeZone": "UTC",
        "schedule": {"hours": [7], "minutes": [0]},
    }  # fmt: skip
    found = proof(DAILY, typeProperties={"recurrence": recurrence})
    assert found.state is TriggerState.ACTIVE
    assert found.message.startswith("Azure has another trigger than this version.")
    assert found.next == datetime(2027, 3, 3, 7, tzinfo=UTC), "by what was read back"


def test_a_firing_that_started_nothing_is_told() -> None:
    (name,) = wanted(spec(DAILY), DAILY)
    firing = {
        "triggerName": name, "status": "Failed", "triggerRunTimestamp": "2027-03-02T05:00:00Z",
        "message": "The expression cannot be evaluated.", "triggeredPipelines": {},
    }  # fmt: skip
    with answering() as (azure, session):
        having(azure, DAILY, "Started")
        azure.answers("POST", "/queryTriggerRuns", {"value": [firing]})
        (found,) = BLUEPRINT.trigger_states(session, spec(DAILY))
        (asked,) = azure.bodies("queryTriggerRuns")
    assert found.state is TriggerState.ACTIVE
    assert found.message == (
        "Its firing at 2027-03-02 05:00 UTC started no run: The expression cannot be evaluated."
    )
    assert asked["filters"][0]["values"] == ["Failed"]


def test_one_that_is_not_there_is_missing() -> None:
    with answering() as (azure, session):
        azure.answers("GET", "/triggers", {"value": []})
        (found,) = BLUEPRINT.trigger_states(session, spec(DAILY))
    assert found.state is TriggerState.MISSING
    with answering() as (_, session):  # no factory either
        (found,) = BLUEPRINT.trigger_states(session, spec(DAILY))
    assert found.state is TriggerState.MISSING


def test_one_whose_natives_disagree_is_unknown() -> None:
    twice = ScheduleSpec(key="t1", cron="0 6 1 2,7,8 *", timezone="UTC")
    documents = wanted(spec(twice), twice)
    value = [
        {"name": name, "properties": {**each, "runtimeState": state}}
        for (name, each), state in zip(documents.items(), ("Started", "Stopped"), strict=True)
    ]
    with answering() as (azure, session):
        azure.answers("GET", "/triggers", {"value": value})
        (found,) = BLUEPRINT.trigger_states(session, spec(twice))
    assert found.state is TriggerState.UNKNOWN and len(found.native) == 2


# ── Paused and resumed ──────────────────────────────────────────────────────────────


def having(azure: Azure, trigger: TriggerSpec, state: str) -> str:
    (name,) = wanted(spec(trigger), trigger)
    properties = {**written(trigger), "runtimeState": state}
    azure.answers("GET", "/triggers", {"value": [{"name": name, "properties": properties}]})
    azure.answers("POST", "/(start|stop|unsubscribeFromEvents|subscribeToEvents)", {})
    return name


def test_pausing_stops_and_resuming_starts() -> None:
    with answering() as (azure, session):
        name = having(azure, DAILY, "Started")
        BLUEPRINT.pause(session, spec(DAILY), "t1")
        assert azure.calls() == ["GET triggers", f"POST triggers/{name}/stop"]
    with answering() as (azure, session):
        name = having(azure, DAILY, "Stopped")
        BLUEPRINT.pause(session, spec(DAILY), "t1")
        BLUEPRINT.resume(session, spec(DAILY), "t1")
        assert azure.calls()[-1] == f"POST triggers/{name}/start"
        assert f"POST triggers/{name}/stop" not in azure.calls()


def test_pausing_one_that_listens_ends_its_subscription_first() -> None:
    with answering() as (azure, session):
        name = having(azure, CREATED, "Started")
        status = [{"triggerName": name, "status": each} for each in ("Deprovisioning", "Disabled")]
        azure.answers("POST", "getEventSubscriptionStatus", *status)
        BLUEPRINT.pause(session, spec(CREATED), "t3")
        assert [call.rpartition("/")[2] for call in azure.calls()] == [
            "GET triggers", "unsubscribeFromEvents", "getEventSubscriptionStatus",
            "getEventSubscriptionStatus", "stop",
        ]  # fmt: skip


def test_what_is_not_deployed_cannot_be_paused() -> None:
    with answering() as (azure, session):
        azure.answers("GET", "/triggers", {"value": []})
        with pytest.raises(NotPossible, match="Deploy the pipeline first"):
            BLUEPRINT.pause(session, spec(DAILY), "t1")
        with pytest.raises(NotPossible, match="no trigger 't9'"):
            BLUEPRINT.resume(session, spec(DAILY), "t9")


# ── Windows ─────────────────────────────────────────────────────────────────────────

START = datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "interval", "after", "due"),
    [
        ("hour", 6, datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 31, 6, tzinfo=UTC)),
        ("hour", 6, datetime(2027, 1, 31, 6, tzinfo=UTC), datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("minute", 15, datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, 0, 15, tzinfo=UTC)),
        ("month", 1, datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC)),
        ("month", 1, datetime(2027, 2, 28, tzinfo=UTC), datetime(2027, 3, 31, tzinfo=UTC)),
        ("month", 3, datetime(2040, 6, 1, tzinfo=UTC), datetime(2040, 7, 31, tzinfo=UTC)),
    ],
)
def test_a_window_is_due_when_it_has_ended(
    frequency: str, interval: int, after: datetime, due: datetime
) -> None:
    assert next_due(START, frequency, interval, after=after) == due


def test_a_window_waits_for_its_delay_and_ends_with_the_last() -> None:
    delay, after = timedelta(hours=1), START + timedelta(hours=6)
    due = next_due(START, "hour", 6, after=after, delay=delay)
    assert due == START + timedelta(hours=7)
    assert next_due(START, "hour", 6, after=after, end=START + timedelta(hours=11)) is None
