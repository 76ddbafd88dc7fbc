"""Triggers that are rules of EventBridge: what proves them, and how they are paused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.blueprints.aws_common import buckets, rules, samples
from provisioning.blueprints.aws_common.forms import DataBucket
from provisioning.contracts import EventSample, ObjectSample, TriggerState
from provisioning.errors import CloudError, InvalidInput, NotPossible
from tests.provisioning.blueprints.answering import ANY, AnsweringSession

PIPELINE = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/skyclock-daily"
ROLE = "arn:aws:iam::111122223333:role/skyclock-daily-on-t1"
PATTERN = '{"source":["example.data"],"detail-type":["ready"]}'
RULE = rules.Rule("skyclock-daily-t1", PATTERN, PIPELINE, ROLE, bus="data")
FOUND = {"Name": RULE.name, "State": "ENABLED", "EventPattern": PATTERN}
TARGET = {"Id": "pipeline", "Arn": PIPELINE, "RoleArn": ROLE}


def proof(found: dict[str, Any] | None, *targets: dict[str, Any], hindrance: str = "") -> Any:
    session = AnsweringSession()
    asked = {"Name": RULE.name, "EventBusName": "data"}
    if found is None:
        session.refuses("events", "describe_rule", "ResourceNotFoundException")
    else:
        session.answers("events", "describe_rule", found, **asked)
        answer = {"Targets": list(targets)} if targets else {}
        session.answers("events", "list_targets_by_rule", answer)
    answer = rules.proof(session, "t1", RULE, hindrance=hindrance)
    session.all_asked()
    return answer


def test_a_rule_with_its_target_and_role_is_active() -> None:
    found = proof(FOUND, TARGET)
    assert (found.state, found.native, found.message) == (TriggerState.ACTIVE, (PATTERN,), "")
    assert found.next is None


def test_a_pattern_that_is_written_otherwise_is_the_same() -> None:
    spaced = json.dumps(json.loads(PATTERN), indent=2)
    assert proof({**FOUND, "EventPattern": spaced}, TARGET).message == ""


def test_a_pattern_that_was_changed_in_aws_is_shown_as_it_is() -> None:
    found = proof({**FOUND, "EventPattern": '{"source":["other"]}'}, TARGET)
    assert found.native == ('{"source":["other"]}',)
    assert "another pattern than this version" in found.message


def test_a_rule_that_is_gone_is_missing() -> None:
    found = proof(None)
    assert (found.state, found.native) == (TriggerState.MISSING, ())
    assert RULE.name in found.message


def test_a_disabled_rule_is_paused() -> None:
    assert proof({**FOUND, "State": "DISABLED"}, TARGET).state is TriggerState.PAUSED


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([], "starts something else: nothing"),
        ([{**TARGET, "Arn": f"{PIPELINE}-of-others"}], "pipeline/skyclock-daily-of-others"),
        ([{**TARGET, "RoleArn": f"{ROLE}-x"}], "another role"),
    ],
)
def test_a_rule_that_starts_something_else_is_no_proof(
    targets: list[dict[str, Any]], said: str
) -> None:
    found = proof(FOUND, *targets)
    assert found.state is TriggerState.UNKNOWN
    assert said in found.message


def test_a_rule_whose_objects_are_not_told_is_no_proof() -> None:
    found = proof(FOUND, TARGET, hindrance="The bucket is silent.")
    assert (found.state, found.message) == (TriggerState.UNKNOWN, "The bucket is silent.")


@pytest.mark.parametrize(("enabled", "call"), [(True, "enable_rule"), (False, "disable_rule")])
def test_it_is_paused_and_resumed_by_its_state(enabled: bool, call: str) -> None:
    session = AnsweringSession()
    session.answers("events", call, {}, Name=RULE.name, EventBusName="data")
    rules.switch(session, RULE, enabled=enabled)
    session.all_asked()


def test_a_rule_that_is_not_deployed_cannot_be_paused() -> None:
    session = AnsweringSession()
    session.refuses("events", "disable_rule", "ResourceNotFoundException")
    with pytest.raises(NotPossible, match="Deploy the pipeline first"):
        rules.switch(session, RULE, enabled=False)


# ── Buckets and samples ─────────────────────────────────────────────────────────────


def test_a_bucket_tells_the_bus_or_it_is_said_that_it_does_not() -> None:
    session = AnsweringSession()
    operation = "get_bucket_notification_configuration"
    session.answers("s3", operation, {"EventBridgeConfiguration": {}}, Bucket="b")
    session.answers("s3", operation, {})
    session.refuses("s3", operation, "NoSuchBucket")
    assert buckets.tells_the_bus(session, "b") == ""
    assert "does not tell" in buckets.tells_the_bus(session, "b")
    assert "no bucket b" in buckets.tells_the_bus(session, "b")


def test_a_bucket_with_objects_is_destroyed_only_when_that_was_allowed() -> None:
    session = AnsweringSession()
    listed = {"Contents": [{"Key": "a"}, {"Key": "b"}]}
    buckets.require_deletable(session, "b", DataBucket(delete_objects=True))
    session.answers("s3", "list_objects_v2", listed, Bucket="b")
    with pytest.raises(NotPossible, match="still holds 2 objects"):
        buckets.require_deletable(session, "b", DataBucket())
    session.answers("s3", "list_objects_v2", {})
    buckets.require_deletable(session, "b", DataBucket())
    session.refuses("s3", "list_objects_v2", "NoSuchBucket")
    buckets.require_deletable(session, "b", DataBucket())
    session.all_asked()


def test_samples_are_put_where_triggers_look() -> None:
    session = AnsweringSession()
    session.answers("s3", "put_object", {}, Bucket="b", Key="data/x.csv", Body=b"1\n")
    key = samples.put_object(session, "b", ObjectSample(key="data/x.csv", content=b"1\n"))
    assert key == "s3://b/data/x.csv"
    entry = {"EventBusName": "data", "Source": "s", "DetailType": "t", "Detail": '{"a": 1}'}
    session.answers(
        "events",
        "put_events",
        {"FailedEntryCount": 0, "Entries": [{"EventId": "7f3a"}]},
        Entries=[entry],
    )
    event = EventSample(source="s", type="t", detail={"a": 1})
    assert samples.put_event(session, "data", event) == "7f3a"
    session.all_asked()


def test_an_event_that_is_not_taken_is_an_error() -> None:
    session = AnsweringSession()
    refused = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    answer = {"FailedEntryCount": 1, "Entries": [refused]}
    session.answers("events", "put_events", answer, Entries=ANY)
    with pytest.raises(CloudError, match="malformed") as caught:
        samples.put_event(session, "data", EventSample(source="s", type="t"))
    assert caught.value.code == "MalformedDetail"
    with pytest.raises(InvalidInput, match="Only AWS itself"):
        samples.put_event(session, "data", EventSample(source="aws.s3", type="t"))
