"""What the program of an event-sourced training registers: who may do what, and in what order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.blueprints.aws_event_sourced_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_event_sourced_training.program import program
from provisioning.blueprints.aws_event_sourced_training.program_handler import code_files
from provisioning.blueprints.aws_event_sourced_training.settings import Settings
from provisioning.contracts import EventSpec, TriggerState
from provisioning.errors import InvalidInput
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.pipelines import at, daily, landing, ready
from tests.provisioning.blueprints.registering import Registered, register
from tests.provisioning.blueprints.sourced import BUCKET, ROOT, SLUG, sourced

BUS = f"arn:aws:events:eu-west-1:111122223333:event-bus/{ROOT}"
HANDLER = f"arn:aws:lambda:eu-west-1:111122223333:function:{ROOT}-handler"


@pytest.fixture(scope="module")
def registered() -> Registered:
    spec = sourced(triggers=(daily("t1"), landing("t2", paused=True), ready("t3", paused=True)))
    return register(lambda: program(spec))


def may(policy: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in json.loads(policy)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_every_event_is_archived_and_logged(registered: Registered) -> None:
    assert registered.inputs("archive")["eventSourceArn"] == "arn:of:bus"
    assert registered.inputs("archive")["retentionDays"] == 365
    assert registered.inputs("log")["name"] == f"/aws/events/{ROOT}"
    rule = registered.inputs("log-rule")
    assert json.loads(rule["eventPattern"]) == {"account": ["111122223333"]}
    assert registered.inputs("log-target")["arn"] == "arn:of:log"
    (statement,) = json.loads(registered.inputs("log-policy")["policyDocument"])["Statement"]
    mine = f"arn:aws:events:eu-west-1:111122223333:rule/{ROOT}/{rule['name']}"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": mine}}


def test_each_trigger_calls_the_handler_from_the_bus(registered: Registered) -> None:
    for key in ("t1", "t2", "t3"):
        rule, target = registered.inputs(f"{key}-on-bus"), registered.inputs(f"{key}-on-bus-target")
        assert (rule["name"], rule["eventBusName"]) == (f"{ROOT}-{key}", ROOT)
        assert (target["arn"], target["eventBusName"]) == (HANDLER, ROOT)
        assert target["deadLetterConfig"] == {"arn": "arn:of:dead-letters"}
    assert json.loads(registered.inputs("t1-on-bus")["eventPattern"]) == {
        "source": ["skyclock.training"],
        "detail-type": ["schedule.fired"],
        "detail": {"trigger": ["t1"]},
    }


def test_a_schedule_puts_an_event_on_the_bus(registered: Registered) -> None:
    target = registered.inputs("t1")["target"]
    assert target["arn"] == BUS
    assert target["eventbridgeParameters"] == {
        "detailType": "schedule.fired",
        "source": "skyclock.training",
    }
    assert json.loads(target["input"])["trigger"] == "t1"
    assert ("events:PutEvents", BUS) in may(registered.inputs("t1-policy")["policy"])


def test_what_lands_while_a_trigger_is_paused_is_recorded_all_the_same(
    registered: Registered,
) -> None:
    handing_on = registered.inputs("t2")
    assert (handing_on.get("eventBusName"), handing_on["state"]) == (None, "ENABLED")
    assert registered.inputs("t2-target")["arn"] == BUS
    assert registered.inputs("t2-on-bus")["state"] == "DISABLED"
    assert registered.inputs("t3-on-bus")["state"] == "DISABLED"


def test_the_handler_may_only_what_it_does(registered: Registered) -> None:
    found = may(registered.inputs("handler-policy")["policy"])
    jobs = f"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{ROOT}-*"
    assert {action for action, resource in found if resource == jobs} == {
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:StopTrainingJob",
        "sagemaker:AddTags",
    }
    assert ("events:PutEvents", BUS) in found
    passed = f"arn:aws:iam::111122223333:role/{ROOT}-execution"
    assert {resource for action, resource in found if action == "iam:PassRole"} == {passed}
    assert not [action for action, resource in found if resource == "*"]


def test_jobs_read_what_events_may_name_and_write_models_only(registered: Registered) -> None:
    found = may(registered.inputs("execution-policy")["policy"])
    assert ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*") in found
    assert {resource for action, resource in found if action == "s3:PutObject"} == {
        f"arn:aws:s3:::{BUCKET}/models/*"
    }


def test_only_the_pipelines_own_rules_may_call_the_handler(registered: Registered) -> None:
    rules = {
        registered.inputs(f"{name}-permission")["sourceArn"] for name in ("own-bus", "default-bus")
    }
    assert rules == {
        f"arn:aws:events:eu-west-1:111122223333:rule/{ROOT}/{ROOT}-*",
        f"arn:aws:events:eu-west-1:111122223333:rule/{ROOT}-job-changes",
    }


def test_the_handlers_code_is_the_products_with_the_settings_beside_it(
    registered: Registered,
) -> None:
    spec = sourced(triggers=(daily("t1"), landing("t2"), ready("t3")))
    files = code_files(spec, Settings.model_validate(spec.settings))
    assert {name.removeprefix("training_events/") for name in files} == {
        "__init__.py", "handler.py", "deciding.py", "matching.py", "wording.py", "config.json",
    }  # fmt: skip
    assert registered.inputs("handler")["codeSha256"]
    config = json.loads(files["training_events/config.json"])
    assert config["bus"] == ROOT
    assert set(config["triggers"]) == {"t1", "t2", "t3"}
    assert config["job"]["OutputDataConfig"] == {"S3OutputPath": f"s3://{BUCKET}/models/"}


def test_without_objects_the_bucket_is_silent_and_without_models_no_group_is_made() -> None:
    settings = BLUEPRINT.example() | {"register_models": {"enabled": False}, "notebook": {}}
    found = register(lambda: program(sourced(settings, triggers=(ready("t1"),))))
    made = set(found.resources)
    assert "data" in made
    assert not made & {"data-events", "models", "notebook", "notebook-role"}
    actions = {action for action, _ in may(found.inputs("handler-policy")["policy"])}
    assert "sagemaker:CreateModelPackage" not in actions


# ── Triggers ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        (EventSpec(key="t1", source="aws.s3", types=("Object Created",)), "triggers.0.source"),
        (ready("t1", source="skyclock.training"), "triggers.0.source"),
        (landing("t1", prefix="models/x"), "triggers.0.prefix"),
        (ready("t1", detail={"rows": 5}), "triggers.0.detail.rows"),
        (daily("t1", cron="30 2 * * *"), "triggers.0.cron"),
    ],
)
def test_a_trigger_that_could_not_work_is_refused_where_it_stands(trigger: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        sourced(triggers=(trigger,))
    assert [each.field for each in caught.value.problems] == [field]


def test_a_schedule_needs_to_know_its_data() -> None:
    with pytest.raises(InvalidInput) as caught:
        sourced(BLUEPRINT.example() | {"data": {}}, triggers=(daily("t1"),))
    assert [each.field for each in caught.value.problems] == ["settings.data.default"]
    assert sourced(BLUEPRINT.example() | {"data": {}}, triggers=(ready("t1"),))


def rule(session: AnsweringSession, bus: str, arn: str, **more: Any) -> None:
    found = {"Name": "r", "State": "ENABLED", "EventPattern": "{}", **more}
    session.answers("events", "describe_rule", found, Name=f"{ROOT}-t1", EventBusName=bus)
    role = f"arn:aws:iam::111122223333:role/{ROOT}-on-t1"
    target = {"Id": "x", "Arn": arn, "RoleArn": role}
    session.answers("events", "list_targets_by_rule", {"Targets": [target]})


def test_an_object_trigger_is_proved_along_its_whole_way() -> None:
    session = AnsweringSession()
    spec = sourced(triggers=(landing("t1"),))
    told = {"EventBridgeConfiguration": {}}
    session.answers("s3", "get_bucket_notification_configuration", told, Bucket=BUCKET)
    rule(session, "default", BUS)
    rule(session, ROOT, HANDLER)
    (found,) = BLUEPRINT.trigger_states(session, spec)
    session.all_asked()
    assert found.state is TriggerState.ACTIVE, found.message
    session.answers("s3", "get_bucket_notification_configuration", told)
    rule(session, "default", BUS, State="DISABLED")
    rule(session, ROOT, HANDLER)
    (found,) = BLUEPRINT.trigger_states(session, spec)
    assert found.state is TriggerState.UNKNOWN
    assert "default bus is disabled" in found.message


def test_a_schedule_is_proved_with_the_rule_that_it_needs() -> None:
    session = AnsweringSession(now="2026-11-21T06:00:00+00:00")
    target = {"Arn": BUS, "RoleArn": f"arn:aws:iam::111122223333:role/{ROOT}-on-t1"}
    schedule = {
        "ScheduleExpression": "cron(0 6 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "State": "ENABLED",
        "Target": target,
    }
    spec = sourced(triggers=(daily("t1"),))
    session.answers("scheduler", "get_schedule", schedule, Name=f"{ROOT}-t1")
    rule(session, ROOT, HANDLER)
    (found,) = BLUEPRINT.trigger_states(session, spec)
    assert (found.state, found.next) == (TriggerState.ACTIVE, at("2026-11-22T05:00:00+00:00"))
    session.answers("scheduler", "get_schedule", schedule, Name=ANY)
    rule(session, ROOT, HANDLER, State="DISABLED")
    (found,) = BLUEPRINT.trigger_states(session, spec)
    assert (found.state, found.next) == (TriggerState.UNKNOWN, None)


def test_a_trigger_is_paused_where_it_calls_the_handler() -> None:
    session = AnsweringSession()
    session.answers("events", "disable_rule", {}, Name=f"{ROOT}-t1", EventBusName=ROOT)
    BLUEPRINT.pause(session, sourced(triggers=(landing("t1"),)), "t1")
    session.all_asked()
    assert SLUG in ROOT
