"""Diff: which properties changed, by meaning, and which of them replace."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provisioning.sandbox.provider import registry
from provisioning.sandbox.provider.compare import differences, follow
from provisioning.sandbox.provider.documents import same_json, same_policy
from provisioning.sandbox.provider.paths import covers, written
from provisioning.sandbox.provider.values import UNKNOWN

QUEUE = "aws:sqs/queue:Queue"
SCHEDULE = "aws:scheduler/schedule:Schedule"


def diff(token: str, olds: dict[str, Any], news: dict[str, Any], *ignored: str) -> dict[str, str]:
    found = differences(registry.resource(token).inputs, olds, news, ignored=ignored)
    return {one.written: f"{one.change}{' REPLACE' if one.replaces else ''}" for one in found}


def test_equal_is_no_change() -> None:
    state = {"name": "q", "delaySeconds": 0, "tags": {"a": "b"}}
    assert diff(QUEUE, {**state, "arn": "only the cloud gives this"}, state) == {}


def test_changes_are_named_by_their_path() -> None:
    olds = {"delaySeconds": 1, "tags": {"a": "1", "b.c": "2", "d": "3"}}
    news = {"delaySeconds": 2, "tags": {"a": "1", "b.c": "4", "e": "5"}}
    assert diff(QUEUE, olds, news) == {
        "delaySeconds": "UPDATE",
        'tags["b.c"]': "UPDATE",
        "tags.d": "DELETE",
        "tags.e": "ADD",
    }


def test_a_name_or_a_region_replaces() -> None:
    olds, news = {"name": "a", "region": "eu-west-1"}, {"name": "b", "region": "us-east-1"}
    assert diff(QUEUE, olds, news) == {"name": "UPDATE REPLACE", "region": "UPDATE REPLACE"}


def test_what_the_cloud_filled_in_is_not_taken_away() -> None:
    olds = {"sqsManagedSseEnabled": True, "policy": "{}", "region": "eu-west-1"}
    assert diff(QUEUE, olds, {}) == {}


def test_what_the_program_no_longer_gives_is_taken_away() -> None:
    assert diff(QUEUE, {"kmsMasterKeyId": "key"}, {}) == {"kmsMasterKeyId": "DELETE"}
    assert diff(QUEUE, {"tags": {"a": "b"}}, {}) == {"tags": "DELETE"}


def test_empty_and_absent_are_the_same() -> None:
    assert diff(QUEUE, {"tags": {}}, {}) == {}
    assert diff(QUEUE, {}, {"tags": {}, "kmsMasterKeyId": ""}) == {}


def test_an_unknown_may_be_a_change() -> None:
    assert diff(QUEUE, {"name": "a"}, {"name": UNKNOWN}) == {"name": "UPDATE REPLACE"}
    assert diff(QUEUE, {"tags": {"a": "b"}}, {"tags": {"a": UNKNOWN}}) == {"tags.a": "UPDATE"}


def test_nested_changes_and_what_the_cloud_adds_to_a_target() -> None:
    target = {"arn": "a", "roleArn": "r"}
    filled = {**target, "retryPolicy": {"maximumEventAgeInSeconds": 86400}}
    assert diff(SCHEDULE, {"target": filled}, {"target": target}) == {}
    olds = {"target": {**target, "retryPolicy": {"maximumRetryAttempts": 3}}}
    news = {"target": {**target, "retryPolicy": {"maximumRetryAttempts": 0}, "input": "{}"}}
    assert diff(SCHEDULE, olds, news) == {
        "target.retryPolicy.maximumRetryAttempts": "UPDATE",
        "target.input": "ADD",
    }


def test_a_set_in_another_order_is_no_change() -> None:
    pairs = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    token = "aws-native:sagemaker:Pipeline"
    assert diff(token, {"tags": pairs}, {"tags": pairs[::-1]}) == {}
    assert diff(token, {"tags": pairs}, {"tags": pairs[:1]}) == {"tags": "UPDATE"}


def test_ignored_paths_stay_out() -> None:
    olds, news = {"tags": {"a": "1", "b": "1"}}, {"tags": {"a": "2", "b": "2"}, "delaySeconds": 5}
    assert diff(QUEUE, olds, news, "tags.a") == {"tags.b": "UPDATE", "delaySeconds": "ADD"}
    assert diff(QUEUE, olds, news, "tags", "delaySeconds") == {}


def test_a_queue_is_the_same_on_another_port() -> None:
    token = "aws:sqs/queuePolicy:QueuePolicy"
    old, new = "http://127.0.0.1:4001/111122223333/q", "http://127.0.0.1:5001/111122223333/q"
    assert diff(token, {"queueUrl": old}, {"queueUrl": new}) == {}
    assert diff(token, {"queueUrl": old}, {"queueUrl": new + "2"}) == {"queueUrl": "UPDATE REPLACE"}


# ── Documents ───────────────────────────────────────────────────────────────────────


def test_documents_are_compared_by_meaning() -> None:
    assert same_json('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}')
    assert not same_json('{"b": [1, 2]}', '{"b": [2, 1]}')
    assert not same_json("no json", "{}")


def test_policies_that_grant_the_same_are_the_same() -> None:
    one = {"Statement": {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*",
                         "Condition": {"Bool": {"aws:SecureTransport": True}}}}  # fmt: skip
    two = {"Statement": [{"Sid": "", "Resource": ["*"], "Action": ["a:C", "a:B"],
                          "Effect": "Allow",
                          "Condition": {"Bool": {"aws:SecureTransport": ["true"]}}}]}  # fmt: skip
    assert same_policy(json.dumps(one), json.dumps(two))
    two["Statement"][0]["Effect"] = "Deny"
    assert not same_policy(json.dumps(one), json.dumps(two))


@given(st.permutations(["a:A", "b:B", "c:C"]), st.permutations([0, 1, 2]))
def test_the_order_of_statements_and_actions_has_no_meaning(
    actions: list[str], order: list[int]
) -> None:
    statements = [
        {"Effect": "Allow", "Action": ["a:A", "b:B", "c:C"], "Resource": str(number)}
        for number in range(3)
    ]
    shuffled = [{**statements[number], "Action": actions} for number in order]
    assert same_policy({"Statement": statements}, {"Statement": shuffled})


# ── Paths, and inputs that follow the cloud ─────────────────────────────────────────


def test_paths_are_written_as_the_engine_reads_them() -> None:
    assert written(("a", 0, "b")) == "a[0].b"
    assert written(("a", 'b."c')) == 'a["b.\\"c"]'
    assert covers("a.b", "a.b[0].c")
    assert not covers("a.b", "a.bc")


def test_inputs_follow_the_cloud_but_do_not_grow() -> None:
    fields = registry.resource(QUEUE).inputs
    live = {"delaySeconds": 9, "visibilityTimeoutSeconds": 30, "receiveWaitTimeSeconds": 3,
            "sqsManagedSseEnabled": True, "tags": {"a": "b"}, "name": "q"}  # fmt: skip
    followed = follow(fields, {"name": "q", "delaySeconds": 5, "kmsMasterKeyId": "gone"}, live)
    assert followed == {
        "name": "q", "delaySeconds": 9, "receiveWaitTimeSeconds": 3, "tags": {"a": "b"},
    }  # fmt: skip


def test_inputs_keep_their_own_words_for_the_same_thing() -> None:
    fields = registry.resource(QUEUE).inputs
    mine, theirs = (
        '{"maxReceiveCount": 5, "deadLetterTargetArn": "x"}',
        ('{"deadLetterTargetArn":"x","maxReceiveCount":5}'),
    )
    assert follow(fields, {"redrivePolicy": mine}, {"redrivePolicy": theirs}) == {
        "redrivePolicy": mine
    }
