"""Triggers: prepared, proved, paused and resumed."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_sagemaker_pipeline import names
from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from provisioning.contracts import ObjectSample, Operation, StackSpec, TriggerState
from provisioning.errors import InvalidInput, NotPossible, ScheduleRefused
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.pipelines import (
    at,
    daily,
    landing,
    processing,
    ready,
    spec,
    steps,
)

NOW = at("2026-11-21T06:00:00+00:00")
ACCOUNT = "111122223333"
TARGET = {
    "Arn": names.pipeline_arn("daily-training", "eu-west-1", ACCOUNT),
    "RoleArn": Place("eu-west-1", ACCOUNT).role("skyclock-daily-training-on-t1"),
    "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-1:111122223333:q"},
    "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
}
SCHEDULE = {
    "Arn": "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/x",
    "Name": "skyclock-daily-training-t1",
    "GroupName": "default",
    "ScheduleExpression": "cron(0 6 * * ? *)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "Description": "Trigger t1",
    "State": "ENABLED",
    "CreationDate": NOW,
    "LastModificationDate": NOW,
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "ActionAfterCompletion": "NONE",
    "Target": TARGET,
}


def proof(*schedules: dict[str, Any] | None, triggers: StackSpec | None = None) -> Any:
    session = AnsweringSession()
    for each in schedules:
        if each is None:
            session.refuses("scheduler", "get_schedule", "ResourceNotFoundException")
        else:
            session.answers("scheduler", "get_schedule", each)
    (found,) = BLUEPRINT.trigger_states(session, triggers or spec(triggers=(daily(),)))
    session.all_asked()
    return found


# ── Prepared ────────────────────────────────────────────────────────────────────────


def test_a_spec_is_prepared_with_native_expressions_and_their_zone() -> None:
    hourly = daily("t2", cron="*/15 * * * *")
    prepared = BLUEPRINT.prepare(spec(triggers=(daily(), hourly)), NOW)
    assert prepared.natives == {
        "t1": ("cron(0 6 * * ? *) Europe/Berlin",),
        "t2": ("cron(0/15 * * * ? *) UTC",),
    }


def test_a_start_that_has_passed_is_left_out_because_aws_refuses_it() -> None:
    past, future = at("2026-11-21T05:00:00+00:00"), at("2026-11-22T05:00:00+00:00")
    prepared = BLUEPRINT.prepare(spec(triggers=(daily(start=past), daily("t2", start=future))), NOW)
    assert [trigger.start for trigger in prepared.triggers] == [None, future]


def test_preparing_twice_changes_nothing_more() -> None:
    end = at("2027-02-01T00:00:00+00:00")
    once = BLUEPRINT.prepare(spec(triggers=(daily(end=end),)), NOW)
    assert BLUEPRINT.prepare(once, NOW) == once


def test_a_schedule_that_aws_cannot_take_exactly_is_refused_at_its_trigger() -> None:
    at_a_gap = daily("t2", cron="30 2 * * *")
    with pytest.raises(ScheduleRefused) as caught:
        BLUEPRINT.prepare(spec(triggers=(daily(), at_a_gap)), NOW)
    assert [problem.field for problem in caught.value.problems] == ["triggers.1.cron"]


def test_a_schedule_cannot_ask_for_a_parameter() -> None:
    needy = steps(processing("a"), parameters=[{"name": "Data"}])
    assert BLUEPRINT.prepare(spec(needy), NOW)
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.prepare(spec(needy, triggers=(daily(),)), NOW)
    assert [each.field for each in caught.value.problems] == ["settings.parameters.0.default"]


def test_an_object_or_an_event_may_bring_what_has_no_default() -> None:
    needy = steps(processing("a"), parameters=[{"name": "Key"}])
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.prepare(spec(needy, triggers=(landing(),)), NOW)
    assert [each.field for each in caught.value.problems] == ["settings.parameters.0.default"]
    brought = {**needy, "starts": {"key_parameter": "Key"}}
    assert BLUEPRINT.prepare(spec(brought, triggers=(landing(),)), NOW)
    with pytest.raises(InvalidInput):
        BLUEPRINT.prepare(spec(brought, triggers=(landing(), ready())), NOW)
    told = [{"parameter": "Key", "path": "$.detail.key"}]
    both = {**needy, "starts": {"key_parameter": "Key", "event_parameters": told}}
    assert BLUEPRINT.prepare(spec(both, triggers=(landing(), ready())), NOW)


def test_what_is_brought_has_to_be_a_parameter() -> None:
    told = [{"parameter": "Nope", "path": "$.detail.key"}]
    wrong = steps(processing("a"), starts={"key_parameter": "Key", "event_parameters": told})
    with pytest.raises(InvalidInput) as caught:
        BLUEPRINT.validate(wrong)
    assert [each.field for each in caught.value.problems] == [
        "starts.key_parameter",
        "starts.event_parameters.0.parameter",
    ]


@pytest.mark.parametrize("path", ["detail.key", "$", "$.detail.", "a $.detail.key", "$['detail']"])
def test_a_path_that_eventbridge_would_take_as_text_is_refused(path: str) -> None:
    told = [{"parameter": "InputKey", "path": path}]
    with pytest.raises(InvalidInput):
        BLUEPRINT.validate({**BLUEPRINT.example(), "starts": {"event_parameters": told}})


def test_the_form_shows_the_native_schedule() -> None:
    found = BLUEPRINT.native_schedule(daily())
    assert (found.dialect, found.expressions, found.timezone) == (
        "EventBridge Scheduler",
        ("cron(0 6 * * ? *)",),
        "Europe/Berlin",
    )


# ── Proved ──────────────────────────────────────────────────────────────────────────


def test_an_active_trigger_has_its_next_run_from_what_was_read_back() -> None:
    found = proof(SCHEDULE)
    assert found.state is TriggerState.ACTIVE
    assert found.native == ("cron(0 6 * * ? *) Europe/Berlin",)
    assert found.next == at("2026-11-22T05:00:00+00:00")
    assert found.message == ""


def test_a_schedule_that_was_changed_in_aws_is_shown_as_it_is() -> None:
    found = proof({**SCHEDULE, "ScheduleExpression": "cron(0 7 * * ? *)"})
    assert found.state is TriggerState.ACTIVE
    assert found.next == at("2026-11-21T06:00:00+00:00").replace(day=22)
    assert "another schedule than this version" in found.message


def test_a_window_that_is_over_has_no_next_run() -> None:
    assert proof({**SCHEDULE, "EndDate": NOW}).next is None


def test_a_schedule_that_is_gone_is_missing() -> None:
    found = proof(None)
    assert (found.state, found.next, found.native) == (TriggerState.MISSING, None, ())
    assert "skyclock-daily-training-t1" in found.message


def test_a_paused_trigger_has_no_next_run() -> None:
    found = proof({**SCHEDULE, "State": "DISABLED"})
    assert (found.state, found.next) == (TriggerState.PAUSED, None)


def test_a_schedule_that_starts_something_else_is_no_proof() -> None:
    other = names.pipeline_arn("other", "eu-west-1", ACCOUNT)
    found = proof({**SCHEDULE, "Target": {**TARGET, "Arn": other}})
    assert found.state is TriggerState.UNKNOWN
    assert other in found.message


def test_a_schedule_that_runs_as_somebody_else_is_no_proof() -> None:
    found = proof({**SCHEDULE, "Target": {**TARGET, "RoleArn": TARGET["RoleArn"] + "x"}})  # type: ignore[operator]
    assert found.state is TriggerState.UNKNOWN


def test_all_schedules_of_a_trigger_have_to_agree() -> None:
    split = spec(triggers=(daily(cron="0 9 1-7 * 1", timezone="UTC"),))
    paused = {**SCHEDULE, "State": "DISABLED"}
    found = proof(SCHEDULE, paused, SCHEDULE, SCHEDULE, SCHEDULE, triggers=split)
    assert found.state is TriggerState.UNKNOWN
    found = proof(SCHEDULE, None, SCHEDULE, SCHEDULE, SCHEDULE, triggers=split)
    assert found.state is TriggerState.MISSING


# ── Paused ──────────────────────────────────────────────────────────────────────────


def test_pausing_changes_the_state_and_keeps_all_else() -> None:
    session = AnsweringSession()
    session.answers("scheduler", "get_schedule", SCHEDULE, Name="skyclock-daily-training-t1")
    kept = {
        key: value
        for key, value in SCHEDULE.items()
        if key not in ("Arn", "CreationDate", "LastModificationDate")
    }
    session.answers(
        "scheduler",
        "update_schedule",
        {"ScheduleArn": "arn:x"},
        **{**kept, "State": "DISABLED"},
    )
    BLUEPRINT.pause(session, spec(triggers=(daily(),)), "t1")
    session.all_asked()


def test_pausing_what_is_paused_asks_for_nothing() -> None:
    session = AnsweringSession()
    session.answers("scheduler", "get_schedule", {**SCHEDULE, "State": "DISABLED"})
    BLUEPRINT.pause(session, spec(triggers=(daily(),)), "t1")


def test_a_start_that_has_passed_is_not_sent_back() -> None:
    session = AnsweringSession()
    past = at("2026-01-01T00:00:00+00:00")
    session.answers(
        "scheduler", "get_schedule", {**SCHEDULE, "State": "DISABLED", "StartDate": past}
    )
    kept = {
        key: value
        for key, value in SCHEDULE.items()
        if key not in ("Arn", "CreationDate", "LastModificationDate")
    }
    session.answers("scheduler", "update_schedule", {"ScheduleArn": "arn:x"}, **kept)
    BLUEPRINT.resume(session, spec(triggers=(daily(),)), "t1")
    session.all_asked()


def test_a_trigger_that_is_not_deployed_cannot_be_paused() -> None:
    session = AnsweringSession()
    session.refuses("scheduler", "get_schedule", "ResourceNotFoundException")
    with pytest.raises(NotPossible, match="Deploy the pipeline first"):
        BLUEPRINT.pause(session, spec(triggers=(daily(),)), "t1")
    with pytest.raises(NotPossible, match="no trigger 't9'"):
        BLUEPRINT.pause(session, spec(triggers=(daily(),)), "t9")


# ── Objects and events ──────────────────────────────────────────────────────────────


def rule_session(state: str = "ENABLED", bus: str = "default") -> AnsweringSession:
    session = AnsweringSession()
    found = {"Name": "r", "State": state, "EventPattern": "{}"}
    session.answers("events", "describe_rule", found, Name=ANY, EventBusName=bus)
    target = {"Id": "pipeline", "Arn": TARGET["Arn"], "RoleArn": role_of("t3")}
    session.answers("events", "list_targets_by_rule", {"Targets": [target]})
    return session


def role_of(key: str) -> str:
    return Place("eu-west-1", ACCOUNT).role(f"skyclock-daily-training-on-{key}")


def test_an_object_trigger_is_proved_by_rule_target_and_bucket() -> None:
    session = rule_session()
    operation = "get_bucket_notification_configuration"
    bucket = f"skyclock-daily-training-{ACCOUNT}"
    session.answers("s3", operation, {"EventBridgeConfiguration": {}}, Bucket=bucket)
    (found,) = BLUEPRINT.trigger_states(session, spec(triggers=(landing(),)))
    session.all_asked()
    assert found.state is TriggerState.ACTIVE, found.message


def test_an_object_trigger_whose_bucket_is_silent_is_no_proof() -> None:
    session = rule_session()
    session.answers("s3", "get_bucket_notification_configuration", {})
    (found,) = BLUEPRINT.trigger_states(session, spec(triggers=(landing(),)))
    assert found.state is TriggerState.UNKNOWN
    assert "does not tell" in found.message


def test_an_event_trigger_is_proved_and_paused_on_its_bus() -> None:
    settings = {**BLUEPRINT.example(), "starts": {"event_bus": "data"}}
    wanted = spec(settings, triggers=(ready("t3"),))
    session = rule_session(state="DISABLED", bus="data")
    (found,) = BLUEPRINT.trigger_states(session, wanted)
    assert found.state is TriggerState.PAUSED
    named = {"Name": "skyclock-daily-training-t3", "EventBusName": "data"}
    session.answers("events", "enable_rule", {}, **named)
    session.answers("events", "disable_rule", {}, **named)
    BLUEPRINT.resume(session, wanted, "t3")
    BLUEPRINT.pause(session, wanted, "t3")
    session.all_asked()


def test_samples_go_to_the_own_bucket_and_the_named_bus() -> None:
    session = AnsweringSession()
    bucket = f"skyclock-daily-training-{ACCOUNT}"
    session.answers("s3", "put_object", {}, Bucket=bucket, Key="data/x.csv", Body=b"1")
    sample = ObjectSample(key="data/x.csv", content=b"1")
    assert (
        BLUEPRINT.emit(session, spec(triggers=(landing(),)), sample) == f"s3://{bucket}/data/x.csv"
    )
    with pytest.raises(NotPossible, match="no bucket"):
        BLUEPRINT.emit(session, spec(triggers=(daily(),)), sample)


@pytest.mark.parametrize("operation", [Operation.DESTROY, Operation.UP])
def test_a_bucket_that_holds_data_stops_what_would_delete_it(operation: Operation) -> None:
    session = AnsweringSession()
    session.answers("s3", "list_objects_v2", {"Contents": [{"Key": "data/x.csv"}]})
    kept = {**BLUEPRINT.example(), "data_bucket": {"delete_objects": False}}
    gone = spec(kept, outputs={"data_bucket": "any"})
    with pytest.raises(NotPossible, match="still holds 1 object"):
        BLUEPRINT.before_change(session, gone, operation, tuple, print)
