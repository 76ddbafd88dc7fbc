"""Check: what is accepted, what is filled in, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.sandbox.provider import lifecycle, registry
from provisioning.sandbox.provider.names import DEFAULTS
from provisioning.sandbox.provider.values import UNKNOWN

QUEUE = "aws:sqs/queue:Queue"
ROLE = "aws:iam/role:Role"
SCHEDULE = "aws:scheduler/schedule:Schedule"
PIPELINE = "aws-native:sagemaker:Pipeline"

ANY_ROLE = "arn:aws:iam::111122223333:role/any"
TARGET = {"arn": "arn:aws:sqs:eu-west-1:111122223333:q", "roleArn": ANY_ROLE}
GOOD_SCHEDULE = {
    "scheduleExpression": "cron(0 6 * * ? *)",
    "flexibleTimeWindow": {"mode": "OFF"},
    "target": TARGET,
}
GOOD_PIPELINE = {"roleArn": ANY_ROLE, "pipelineDefinition": {"pipelineDefinitionBody": "{}"}}


def check(
    token: str, news: dict[str, Any], olds: dict[str, Any] | None = None, seed: bytes = b"seed"
) -> tuple[dict[str, Any], dict[str, str]]:
    inputs, failures = lifecycle.check(
        registry.resource(token), news, olds=olds or {}, name="name", seed=seed
    )
    return inputs, {failure.property: failure.reason for failure in failures}


# ── Names ───────────────────────────────────────────────────────────────────────────


def test_a_name_is_made_up_of_the_resources_own_and_seven_digits() -> None:
    inputs, _ = check(QUEUE, {})
    assert inputs["name"].startswith("name-")
    assert len(inputs["name"]) == len("name-") + 7
    assert inputs[DEFAULTS] == ["name"]
    assert check(QUEUE, {}, seed=b"seed")[0]["name"] == inputs["name"], "a plan repeats its seed"
    assert check(QUEUE, {}, seed=b"other")[0]["name"] != inputs["name"]


def test_a_made_up_name_is_kept() -> None:
    old, _ = check(QUEUE, {})
    assert check(QUEUE, {}, olds=old, seed=b"other")[0]["name"] == old["name"]


def test_a_chosen_name_that_is_taken_away_is_not_kept() -> None:
    assert check(QUEUE, {}, olds={"name": "chosen"})[0]["name"] != "chosen"


def test_a_prefix_leaves_the_name_to_creation() -> None:
    assert "name" not in check(QUEUE, {"namePrefix": "p-"})[0]


def test_names_fit_their_cloud() -> None:
    assert check(QUEUE, {"fifoQueue": True})[0]["name"].endswith(".fifo")
    resource = registry.resource("aws:s3/bucket:Bucket")
    inputs, failures = lifecycle.check(resource, {}, olds={}, name="My_Data", seed=b"")
    assert inputs["bucket"].startswith("my-data-")
    assert not failures
    _, failures = lifecycle.check(
        registry.resource(ROLE), {"assumeRolePolicy": "{}"}, olds={}, name="x" * 60, seed=b""
    )
    assert "longer than maximum length 64" in failures[0].reason


# ── Defaults and conversions ────────────────────────────────────────────────────────


def test_defaults_are_filled_in() -> None:
    inputs, failures = check(SCHEDULE, GOOD_SCHEDULE)
    assert not failures
    assert (inputs["state"], inputs["scheduleExpressionTimezone"]) == ("ENABLED", "UTC")
    assert check(QUEUE, {})[0]["messageRetentionSeconds"] == 345600


def test_values_are_converted_as_the_real_provider_does() -> None:
    inputs, failures = check(QUEUE, {"delaySeconds": "5", "fifoQueue": "false", "name": 7})
    assert not failures
    assert (inputs["delaySeconds"], inputs["fifoQueue"], inputs["name"]) == (5, False, "7")


def test_a_policy_may_be_given_as_an_object() -> None:
    inputs, failures = check(ROLE, {"assumeRolePolicy": {"Version": "2012-10-17"}})
    assert not failures
    assert inputs["assumeRolePolicy"] == '{"Version": "2012-10-17"}'


def test_unknown_values_pass() -> None:
    _, failures = check(
        SCHEDULE, {**GOOD_SCHEDULE, "target": {**TARGET, "arn": UNKNOWN}, "name": UNKNOWN}
    )
    assert not failures


# ── Refusals ────────────────────────────────────────────────────────────────────────


def test_what_is_required_is_asked_for_at_its_path() -> None:
    _, failures = check(SCHEDULE, {"scheduleExpression": "rate(1 day)", "target": {}})
    assert set(failures) == {"flexibleTimeWindow", "target.arn", "target.roleArn"}
    assert 'The argument "role_arn" is required' in failures["target.roleArn"]


def test_an_unknown_property_is_refused_wherever_it_is() -> None:
    _, failures = check(SCHEDULE, {**GOOD_SCHEDULE, "nme": "x", "target": {**TARGET, "inptu": "y"}})
    assert failures["nme"] == 'Invalid or unknown key "nme"'
    assert set(failures) == {"nme", "target.inptu"}


@pytest.mark.parametrize(
    ("token", "wrong", "path", "words"),
    [
        (QUEUE, {"delaySeconds": 1000}, "delaySeconds", "in the range (0 - 900), got 1000"),
        (QUEUE, {"delaySeconds": "x"}, "delaySeconds", "expected a value of type number"),
        (QUEUE, {"tags": ["a"]}, "tags", "expected a value of type map, got list"),
        (QUEUE, {"name": "no blanks"}, "name", "invalid value for name"),
        (QUEUE, {"name": "q.fifo"}, "name", "invalid queue name: q.fifo"),
        (QUEUE, {"contentBasedDeduplication": True}, "contentBasedDeduplication", "FIFO"),
        (QUEUE, {"redrivePolicy": "[]"}, "redrivePolicy", "not an object"),
        (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", "invalid JSON policy"),
        (ROLE, {"assumeRolePolicy": "{}", "path": "x"}, "path", "invalid value for path"),
        (ROLE, {"assumeRolePolicy": "{}", "name": "x" * 65}, "name", "length of name"),
        (SCHEDULE, {**GOOD_SCHEDULE, "state": "ON"}, "state", 'one of ["ENABLED", "DISABLED"]'),
        (SCHEDULE, {**GOOD_SCHEDULE, "scheduleExpression": "* *"}, "scheduleExpression", "cron("),
        (SCHEDULE, {**GOOD_SCHEDULE, "startDate": "tomorrow"}, "startDate", "2030-01-01T01:00"),
        (SCHEDULE, {**GOOD_SCHEDULE, "flexibleTimeWindow": {"mode": "FLEXIBLE"}},
         "flexibleTimeWindow.maximumWindowInMinutes", "FLEXIBLE"),
        (SCHEDULE, {**GOOD_SCHEDULE, "target": {**TARGET, "retryPolicy": {
            "maximumRetryAttempts": 200}}}, "target.retryPolicy.maximumRetryAttempts", "0 - 185"),
        (SCHEDULE, {**GOOD_SCHEDULE, "target": {**TARGET, "deadLetterConfig": {"arn": "x"}}},
         "target.deadLetterConfig.arn", "invalid value"),
        (PIPELINE, {**GOOD_PIPELINE, "pipelineDefinition": {}}, "pipelineDefinition", "exactly"),
        (PIPELINE, {**GOOD_PIPELINE, "roleArn": "nobody-in-particular"}, "roleArn", "invalid"),
        (PIPELINE, {**GOOD_PIPELINE, "tags": [{"key": "x" * 129, "value": ""}]},
         "tags[0].key", "length of key"),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 2}, "retentionInDays", "one of"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_at_its_path(
    token: str, wrong: dict[str, Any], path: str, words: str
) -> None:
    _, failures = check(token, wrong)
    assert list(failures) == [path]
    assert words in failures[path]
