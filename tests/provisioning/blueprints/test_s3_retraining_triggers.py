"""Object triggers on S3: checked, proved from what AWS has, paused and resumed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.contracts import ObjectCreatedSpec, StackSpec, TriggerProof, TriggerState
from provisioning.errors import InvalidInput, NotPossible
from tests.provisioning.blueprints.answering import AnsweringSession
from tests.provisioning.blueprints.pipelines import daily, landing
from tests.provisioning.blueprints.retrained import (
    BUCKET,
    FUNCTION,
    FUNCTION_ARN,
    LATE,
    retrained,
)

ONE = retrained(triggers=(landing("t1"),))
TWO = retrained(triggers=(landing("t1"), LATE))


def rule(trigger: ObjectCreatedSpec, **more: Any) -> dict[str, Any]:
    """As S3 gives it back: with capital names."""
    filters = [
        {"Name": "Prefix", "Value": trigger.prefix},
        {"Name": "Suffix", "Value": trigger.suffix},
    ]
    found = {
        "Id": trigger.key,
        "LambdaFunctionArn": FUNCTION_ARN,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": filters}},
    }
    return found | more


def telling(session: AnsweringSession, *rules: dict[str, Any], **rest: Any) -> None:
    answer = {**({"LambdaFunctionConfigurations": list(rules)} if rules else {}), **rest}
    session.answers("s3", "get_bucket_notification_configuration", answer, Bucket=BUCKET)


def callable_(
    session: AnsweringSession,
    *,
    state: str = "Active",
    reserved: int | None = None,
    source: str | None = f"arn:aws:s3:::{BUCKET}",
) -> None:
    found = {"FunctionName": FUNCTION, "State": state}
    session.answers("lambda", "get_function_configuration", found, FunctionName=FUNCTION)
    if state != "Active":
        return
    limit = {} if reserved is None else {"ReservedConcurrentExecutions": reserved}
    session.answers("lambda", "get_function_concurrency", limit, FunctionName=FUNCTION)
    if reserved == 0:
        return
    if source is None:
        session.refuses("lambda", "get_policy", "ResourceNotFoundException")
        return
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }
    policy = {"Policy": json.dumps({"Statement": [statement]})}
    session.answers("lambda", "get_policy", policy, FunctionName=FUNCTION)


def proof(session: AnsweringSession, spec: StackSpec = ONE) -> TriggerProof:
    (found,) = BLUEPRINT.trigger_states(session, spec)
    session.all_asked()
    return found


# ── Prepared ────────────────────────────────────────────────────────────────────────


def test_what_s3_is_told_is_shown() -> None:
    natives = retrained().natives
    assert natives["t1"] == ("s3:ObjectCreated:* data/*.csv",)
    assert natives["t3"] == ("cron(0 6 * * ? *) Europe/Berlin",)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("data/", ".csv"), ("data/2026/", ".csv")),
        (("data/", ".csv"), ("", "")),
        (("", ".csv"), ("data/", "x.csv")),
        (("", ".csv"), ("", "y.csv")),
    ],
)
def test_two_triggers_that_one_object_could_fit_are_refused(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    """Paused ones as well: they would stand in each other's way when they are resumed."""
    one = landing("t1", prefix=first[0], suffix=first[1], paused=True)
    other = landing("t2", prefix=second[0], suffix=second[1])
    with pytest.raises(InvalidInput) as caught:
        retrained(triggers=(one, other))
    assert [each.field for each in caught.value.problems] == ["triggers.1.prefix"]


def test_triggers_of_different_objects_stand_side_by_side() -> None:
    apart = (
        landing("t1", prefix="data/", suffix=".csv"),
        landing("t2", prefix="data/", suffix=".json"),
        landing("t3", prefix="late/", suffix=".csv"),
    )
    assert len(retrained(triggers=apart).natives) == 3


def test_models_that_trainings_write_start_nothing() -> None:
    with pytest.raises(InvalidInput) as caught:
        retrained(triggers=(landing("t1", prefix="models/old/"),))
    assert [each.field for each in caught.value.problems] == ["triggers.0.prefix"]


# ── Proved ──────────────────────────────────────────────────────────────────────────


def test_a_trigger_is_active_when_s3_calls_a_function_that_lets_it_in() -> None:
    session = AnsweringSession()
    telling(session, rule(landing("t1")))
    callable_(session)
    found = proof(session)
    assert (found.state, found.message) == (TriggerState.ACTIVE, "")
    assert found.native == ("s3:ObjectCreated:* data/*.csv",)


def test_a_trigger_whose_rule_is_not_there_is_paused() -> None:
    session = AnsweringSession()
    telling(session)
    callable_(session)
    found = proof(session)
    assert found.state is TriggerState.PAUSED
    assert "paused, or taken out in AWS" in found.message
    telling(session)
    callable_(session)
    meant = proof(session, retrained(triggers=(landing("t1", paused=True),)))
    assert (meant.state, meant.message) == (TriggerState.PAUSED, "")


@pytest.mark.parametrize("missing", ["bucket", "function"])
def test_a_trigger_whose_bucket_or_function_is_gone_is_missing(missing: str) -> None:
    session = AnsweringSession()
    if missing == "bucket":
        session.refuses("s3", "get_bucket_notification_configuration", "NoSuchBucket")
        callable_(session)
    else:
        telling(session, rule(landing("t1")))
        session.refuses("lambda", "get_function_configuration", "ResourceNotFoundException")
    found = proof(session)
    assert found.state is TriggerState.MISSING
    assert f"no {missing}" in found.message


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"LambdaFunctionArn": "arn:aws:lambda:eu-west-1:1:function:x"}, "S3 calls something else"),
        ({"Events": ["s3:ObjectRemoved:*"]}, "S3 tells of other events"),
    ],
)
def test_a_rule_that_does_something_else_proves_nothing(more: dict[str, Any], said: str) -> None:
    session = AnsweringSession()
    telling(session, rule(landing("t1"), **more))
    callable_(session)
    found = proof(session)
    assert found.state is TriggerState.UNKNOWN
    assert said in found.message


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"state": "Failed"}, "is failed"),
        ({"state": "Pending"}, "is pending"),
        ({"reserved": 0}, "reserved concurrency is 0"),
        ({"source": None}, "does not let the bucket"),
        ({"source": "arn:aws:s3:::another-bucket"}, "does not let the bucket"),
    ],
)
def test_a_function_that_s3_cannot_call_is_said(how: dict[str, Any], said: str) -> None:
    session = AnsweringSession()
    telling(session, rule(landing("t1")))
    callable_(session, **how)
    found = proof(session)
    assert found.state is TriggerState.UNKNOWN
    assert said in found.message


def test_another_filter_than_the_versions_is_active_and_said() -> None:
    session = AnsweringSession()
    telling(session, rule(landing("t1", prefix="elsewhere/")))
    callable_(session)
    found = proof(session)
    assert found.state is TriggerState.ACTIVE
    assert "another filter" in found.message


# ── Paused and resumed ──────────────────────────────────────────────────────────────


def putting(session: AnsweringSession, **configuration: Any) -> None:
    session.answers(
        "s3",
        "put_bucket_notification_configuration",
        {},
        Bucket=BUCKET,
        NotificationConfiguration=configuration,
    )


def test_to_pause_one_trigger_leaves_all_others_as_they_are() -> None:
    session = AnsweringSession()
    theirs = {"Id": "theirs", "QueueArn": "arn:q", "Events": ["s3:ObjectRemoved:*"]}
    telling(session, rule(landing("t1")), rule(LATE), QueueConfigurations=[theirs])
    putting(session, LambdaFunctionConfigurations=[rule(LATE)], QueueConfigurations=[theirs])
    BLUEPRINT.pause(session, TWO, "t1")
    session.all_asked()


def test_the_last_one_leaves_an_empty_notification() -> None:
    session = AnsweringSession()
    telling(session, rule(landing("t1")))
    putting(session)
    BLUEPRINT.pause(session, ONE, "t1")
    session.all_asked()


def test_to_resume_puts_the_rule_back_as_it_is_wanted() -> None:
    session = AnsweringSession()
    telling(session, rule(LATE), EventBridgeConfiguration={})
    wanted = {
        "Id": "t1",
        "LambdaFunctionArn": FUNCTION_ARN,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {
            "Key": {
                "FilterRules": [
                    {"Name": "prefix", "Value": "data/"},
                    {"Name": "suffix", "Value": ".csv"},
                ]
            }
        },
    }
    putting(
        session,
        LambdaFunctionConfigurations=[rule(LATE), wanted],
        EventBridgeConfiguration={},
    )
    BLUEPRINT.resume(session, TWO, "t1")
    session.all_asked()


def test_a_schedule_is_paused_at_scheduler() -> None:
    session = AnsweringSession()
    asked = {"ScheduleExpression": "cron(0 6 * * ? *)", "State": "ENABLED"}
    target = {"Arn": FUNCTION_ARN, "RoleArn": "arn:aws:iam::111122223333:role/r"}
    window = {"Mode": "OFF"}
    found = {**asked, "FlexibleTimeWindow": window, "Target": target, "Name": "skyclock-churn-t3"}
    session.answers("scheduler", "get_schedule", found, Name="skyclock-churn-t3")
    session.answers(
        "scheduler",
        "update_schedule",
        {"ScheduleArn": "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/x"},
        Name="skyclock-churn-t3",
        ScheduleExpression="cron(0 6 * * ? *)",
        State="DISABLED",
        FlexibleTimeWindow=window,
        Target=target,
    )
    BLUEPRINT.pause(session, retrained(triggers=(daily("t3"),)), "t3")
    session.all_asked()


def test_nothing_is_paused_before_it_is_deployed() -> None:
    session = AnsweringSession()
    session.refuses("s3", "get_bucket_notification_configuration", "NoSuchBucket")
    with pytest.raises(NotPossible, match="Deploy the pipeline first"):
        BLUEPRINT.pause(session, ONE, "t1")
    with pytest.raises(NotPossible, match="no trigger 't9'"):
        BLUEPRINT.pause(session, ONE, "t9")
