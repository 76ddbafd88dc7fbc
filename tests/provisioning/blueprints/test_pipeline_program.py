"""What the program registers, held against the properties that the providers publish."""

from __future__ import annotations

import json

import pulumi_aws as aws
import pytest

from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from provisioning.blueprints.aws_sagemaker_pipeline.program import program
from tests.provisioning.blueprints.pipelines import at, daily, landing, ready, spec
from tests.provisioning.blueprints.registering import Registered, misfits, register

NOW = at("2026-11-21T06:00:00+00:00")


@pytest.fixture(scope="module")
def registered() -> Registered:
    window = {"start": at("2027-01-01T00:00:00+00:00"), "end": at("2027-02-01T00:00:00+00:00")}
    triggers = (
        daily(**window),
        daily("t2", cron="0 9 1-7 * 1", timezone="UTC", paused=True),
        landing("t3"),
        ready("t4", paused=True),
    )
    settings = BLUEPRINT.example()
    settings["starts"] |= {
        "event_bus": "data",
        "event_parameters": [{"parameter": "InputKey", "path": "$.detail.key"}],
    }
    wanted = spec(settings, triggers=triggers, tags={"team": "churn"})
    prepared = BLUEPRINT.prepare(wanted, NOW)
    return register(lambda: program(prepared))


def test_every_input_is_published_and_of_its_type(registered: Registered) -> None:
    assert registered.unpublished() == []


def test_a_misfit_would_be_noticed() -> None:
    """The test of the test."""
    bad = {"target": {"arn": 1, "nope": "x"}, "scheduleExpression": "rate(1 day)", "typo": 1}
    found = list(misfits(bad, aws.scheduler.ScheduleArgs, "s"))
    assert sorted(found) == [
        "s.flexibleTimeWindow is required",
        "s.target.arn is no str: 1",
        "s.target.nope is not published",
        "s.target.roleArn is required",
        "s.typo is not published",
    ]


def test_a_trigger_has_one_role_and_a_schedule_for_each_expression(registered: Registered) -> None:
    schedules = [n for n, (kind, _) in registered.resources.items() if kind.endswith(":Schedule")]
    assert sorted(schedules) == ["t1", "t2", "t2-2", "t2-3", "t2-4", "t2-5"]
    assert {registered.inputs(name)["target"]["roleArn"] for name in schedules} == {
        "arn:of:t1-role",
        "arn:of:t2-role",
    }


def test_a_schedule_starts_the_pipeline_with_retries_and_a_place_for_failures(
    registered: Registered,
) -> None:
    found = registered.inputs("t1")
    assert found["scheduleExpression"] == "cron(0 6 * * ? *)"
    assert found["scheduleExpressionTimezone"] == "Europe/Berlin"
    assert found["startDate"] == "2027-01-01T00:00:00Z"
    assert found["endDate"] == "2027-01-31T05:01:00Z", "a minute after the last run"
    assert found["state"] == "ENABLED"
    assert found["target"]["arn"].endswith(":pipeline/skyclock-daily-training")
    assert found["target"]["deadLetterConfig"] == {"arn": "arn:of:dead-letters"}
    assert found["target"]["retryPolicy"] == {
        "maximumEventAgeInSeconds": 3600,
        "maximumRetryAttempts": 3,
    }


def test_a_paused_trigger_is_deployed_paused(registered: Registered) -> None:
    assert registered.inputs("t2-3")["state"] == "DISABLED"


OWN_BUCKET = "skyclock-daily-training-111122223333"


def test_an_object_in_the_own_bucket_starts_the_pipeline_with_its_place(
    registered: Registered,
) -> None:
    assert registered.inputs("data")["bucket"] == OWN_BUCKET
    assert registered.inputs("data-events") == {"bucket": OWN_BUCKET, "eventbridge": True}
    rule, target = registered.inputs("t3"), registered.inputs("t3-target")
    assert json.loads(rule["eventPattern"])["detail"] == {
        "bucket": {"name": [OWN_BUCKET]},
        "object": {"key": [{"wildcard": "data/*.csv"}]},
    }
    assert (rule["eventBusName"], rule["state"]) == ("default", "ENABLED")
    assert (target["rule"], target["eventBusName"]) == (rule["name"], "default")
    assert target["arn"].endswith(":pipeline/skyclock-daily-training")
    assert target["roleArn"] == "arn:of:t3-role"
    assert target["sagemakerPipelineTarget"]["pipelineParameterLists"] == [
        {"name": "InputBucket", "value": "$.detail.bucket.name"},
        {"name": "InputKey", "value": "$.detail.object.key"},
    ]
    assert target["deadLetterConfig"] == {"arn": "arn:of:dead-letters"}


def test_an_event_on_the_bus_that_was_named_starts_the_pipeline(registered: Registered) -> None:
    rule, target = registered.inputs("t4"), registered.inputs("t4-target")
    assert (rule["eventBusName"], rule["state"]) == ("data", "DISABLED")
    assert target["sagemakerPipelineTarget"]["pipelineParameterLists"] == [
        {"name": "InputKey", "value": "$.detail.key"}
    ]


def test_rules_may_send_what_they_could_not_start_to_the_dead_letters(
    registered: Registered,
) -> None:
    (statement,) = json.loads(registered.inputs("dead-letters")["policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["aws:SourceArn"] == [
        "arn:aws:events:eu-west-1:111122223333:rule/skyclock-daily-training-*",
        "arn:aws:events:eu-west-1:111122223333:rule/*/skyclock-daily-training-*",
    ]


def test_the_pipeline_may_read_what_starts_it(registered: Registered) -> None:
    policy = json.loads(registered.inputs("execution-policy")["policy"])
    (reading,) = [each for each in policy["Statement"] if each["Sid"] == "ReadData"]
    assert f"arn:aws:s3:::{OWN_BUCKET}/data/*" in reading["Resource"]


def test_everything_that_can_be_tagged_is(registered: Registered) -> None:
    wanted = {"skyclock:pipeline": "daily-training", "team": "churn"}
    for name in ("execution-role", "t1-role", "t3-role", "dead-letters", "data", "t3", "t4"):
        assert registered.inputs(name)["tags"] == wanted
    assert registered.inputs("pipeline")["tags"] == [
        {"key": key, "value": value} for key, value in wanted.items()
    ]


def test_the_execution_policy_fits_into_iam(registered: Registered) -> None:
    policy = registered.inputs("execution-policy")["policy"]
    assert json.loads(policy)["Version"] == "2012-10-17"
    assert len(policy.replace(" ", "")) <= 10_240
