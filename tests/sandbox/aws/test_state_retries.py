"""Tasks that fail are tried again, caught, given up or redriven."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sandbox.aws.conftest import (
    SandboxAws,
)
from tests.sandbox.aws.machines import (
    Machine,
    make_machine,
    one,
    states,
    train,
    training,
)
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

RETRY = [{"ErrorEquals": ["SageMaker.AmazonSageMakerException"], "IntervalSeconds": 30,
          "BackoffRate": 2, "MaxAttempts": 3}]  # fmt: skip


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def test_a_throttled_call_is_tried_again_under_another_name(machine: Machine) -> None:
    machine.misbehave("throttle", "CreateTrainingJob", count=2)
    machine.create(states("Train", Train=train(Retry=RETRY)))
    arn = machine.start(name="first")
    machine.aws.advance("PT5M")

    assert machine.status(arn) == "SUCCEEDED"
    assert machine.jobs() == {"first-0-2": "Completed"}
    refused = machine.detail(arn, "TaskFailed")
    assert refused["error"] == "SageMaker.AmazonSageMakerException"
    assert refused["cause"].startswith(
        "Rate exceeded (Service: AmazonSageMaker; Status Code: 400; Error Code: "
        "ThrottlingException; Request ID: "
    )
    failures = [e["timestamp"] for e in machine.events(arn) if e["type"] == "TaskFailed"]
    scheduled = [e["timestamp"] for e in machine.events(arn) if e["type"] == "TaskScheduled"]
    assert [scheduled[n + 1] - failures[n] for n in (0, 1)] == [
        timedelta(seconds=30), timedelta(seconds=60),
    ]  # fmt: skip
    assert machine.walk(arn)[4:6] == [(5, 4, "TaskFailed"), (6, 5, "TaskScheduled")]


def test_what_fails_too_often_is_given_up(machine: Machine) -> None:
    machine.misbehave("throttle", "CreateTrainingJob")
    found = machine.run(states("Train", Train=train(Retry=RETRY)))
    assert (found["status"], found["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException")


def test_capacity_has_an_error_of_its_own(machine: Machine) -> None:
    machine.misbehave("refuse", "CreateTrainingJob", code="ResourceLimitExceeded", message="Full.")
    found = machine.run(states("Train", Train=train()))
    assert found["error"] == "SageMaker.ResourceLimitExceededException"
    assert found["cause"].startswith("Full. (Service: AmazonSageMaker; Status Code: 400; ")


def test_the_first_retrier_that_matches_counts(machine: Machine) -> None:
    machine.misbehave("fail_step", "Train", message="on request")
    retry = [
        {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 9},
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1, "MaxDelaySeconds": 5,
         "IntervalSeconds": 60},
        {"ErrorEquals": ["States.ALL"], "MaxAttempts": 9},
    ]  # fmt: skip
    machine.create(states("Train", Train=train(Retry=retry)))
    arn = machine.start()
    machine.aws.advance("PT1M")
    assert machine.types(arn).count("TaskFailed") == 2
    assert (machine.describe(arn)["error"], machine.describe(arn)["cause"]) == (
        "States.TaskFailed", "on request",
    )  # fmt: skip


def test_a_failure_is_caught_with_its_words(machine: Machine) -> None:
    machine.misbehave("fail_step", "Train", message="on request")
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.why", "Next": "Tell"}]
    found = machine.output(
        states("Train", Train=train(Catch=catch), Tell={"Type": "Succeed"}), {"kept": 1}
    )
    assert found == {"kept": 1, "why": {"Error": "States.TaskFailed", "Cause": "on request"}}


def test_nothing_catches_what_cannot_be_computed(machine: Machine) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}]
    broken = train(Catch=catch, ResultSelector={"x.$": "$.no"})
    found = machine.run(states("Train", Train=broken, Tell={"Type": "Succeed"}))
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")


def test_a_redrive_goes_on_from_what_failed(machine: Machine) -> None:
    machine.misbehave("fail_step", "first-0-*", message="bad luck")
    machine.create(
        states("Before", Before={"Type": "Pass", "Result": {}, "Next": "Train"}, Train=train())
    )
    arn = machine.start(name="first")
    machine.aws.advance("PT1M")
    failed = machine.describe(arn)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")

    machine.client.redrive_execution(executionArn=arn, clientToken="one")
    machine.client.redrive_execution(executionArn=arn, clientToken="one")
    assert machine.status(arn) == "RUNNING"
    machine.aws.advance("PT1M")
    found = machine.describe(arn)
    assert (found["status"], found["redriveCount"]) == ("SUCCEEDED", 1)
    assert machine.jobs() == {"first-0-0": "Failed", "first-1-0": "Completed"}
    types = machine.types(arn)
    assert types.count("PassStateEntered") == types.count("TaskStateEntered") == 1
    assert types[types.index("ExecutionRedriven") :][1] == "TaskScheduled"
    again = error(machine.client.redrive_execution, executionArn=arn)
    assert again == ("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven")


def test_a_redrive_repeats_only_the_items_that_failed(machine: Machine) -> None:
    inner = states("Train", Train=train(Parameters=training(
        "States.Format('job-{}-{}', $$.Map.Item.Value, $$.Execution.RedriveCount)")))  # fmt: skip
    machine.misbehave("fail_step", "job-b-0")
    machine.create(one({"Type": "Map", "ItemProcessor": inner, "MaxConcurrency": 1}))
    arn = machine.start(["a", "b", "c"])
    machine.aws.advance("PT1M")
    assert machine.status(arn) == "FAILED"
    machine.client.redrive_execution(executionArn=arn)
    machine.aws.advance("PT1M")
    assert machine.status(arn) == "SUCCEEDED"
    assert list(machine.jobs()) == ["job-a-0", "job-b-0", "job-b-1", "job-c-1"]


def test_what_is_too_old_cannot_be_redriven(machine: Machine) -> None:
    machine.create(states("F", F={"Type": "Fail"}))
    arn = machine.start()
    machine.aws.advance("P15D")
    assert error(machine.client.redrive_execution, executionArn=arn)[0] == "ExecutionNotRedrivable"
