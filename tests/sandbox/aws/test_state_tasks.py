"""Tasks of state machines that run jobs: they wait, fail, are stopped, and act as the role."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    REGION,
    SandboxAws,
    allow,
    make_role,
    set_policy,
)
from tests.sandbox.aws.machines import (
    FULL,
    Machine,
    make_machine,
    one,
    states,
    train,
    training,
)

pytestmark = pytest.mark.sandbox


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


# ── Waiting for a job ───────────────────────────────────────────────────────────────


def test_an_execution_waits_for_its_job_and_takes_its_outcome(machine: Machine) -> None:
    machine.create(states("Train", Train=train()))
    arn = machine.start(name="first")
    machine.aws.advance("PT3S")
    assert machine.status(arn) == "RUNNING"
    assert machine.jobs() == {"first-0-0": "InProgress"}
    machine.aws.advance("PT1M")

    found = machine.describe(arn)
    assert found["status"] == "SUCCEEDED"
    output = json.loads(found["output"])
    job = machine.aws.client("sagemaker").describe_training_job(TrainingJobName="first-0-0")
    assert output["TrainingJobArn"] == job["TrainingJobArn"]
    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"] == job["ModelArtifacts"]
    assert output["TrainingEndTime"] == round(job["TrainingEndTime"].timestamp() * 1000)
    assert found["stopDate"] >= job["TrainingEndTime"]
    assert machine.walk(arn)[1:] == [
        (2, 0, "TaskStateEntered"),
        (3, 2, "TaskScheduled"),
        (4, 3, "TaskStarted"),
        (5, 4, "TaskSubmitted"),
        (6, 5, "TaskSucceeded"),
        (7, 6, "TaskStateExited"),
        (8, 7, "ExecutionSucceeded"),
    ]
    scheduled = machine.detail(arn, "TaskScheduled")
    assert (scheduled["resourceType"], scheduled["resource"], scheduled["region"]) == (
        "sagemaker", "createTrainingJob.sync", REGION,
    )  # fmt: skip
    assert json.loads(scheduled["parameters"])["TrainingJobName"] == "first-0-0"
    submitted = json.loads(machine.detail(arn, "TaskSubmitted")["output"])
    assert submitted["TrainingJobArn"] == job["TrainingJobArn"]
    assert submitted["SdkHttpMetadata"]["HttpStatusCode"] == 200


def test_the_job_is_marked_as_step_functions_own(machine: Machine) -> None:
    machine.run(states("Train", Train=train()))
    sagemaker = machine.aws.client("sagemaker")
    (job,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    tags = sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}]


def test_two_executions_at_once_have_two_jobs(machine: Machine) -> None:
    machine.create(states("Train", Train=train()))
    one, two = machine.start(), machine.start()
    machine.aws.advance("PT1M")
    assert [machine.status(one), machine.status(two)] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(machine.jobs()) == 2


def test_a_job_that_fails_fails_the_execution_with_its_reason(machine: Machine) -> None:
    machine.misbehave("fail_step", "first-*", message="AlgorithmError: out of memory")
    machine.create(states("Train", Train=train()))
    arn = machine.start(name="first")
    machine.aws.advance("PT1M")

    found = machine.describe(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(found["cause"])
    assert cause["TrainingJobStatus"] == "Failed"
    assert cause["FailureReason"] == "AlgorithmError: out of memory"
    assert machine.types(arn)[-2:] == ["TaskFailed", "ExecutionFailed"]


def test_a_job_that_is_stopped_fails_the_execution(machine: Machine) -> None:
    machine.create(states("Train", Train=train()))
    arn = machine.start(name="first")
    machine.aws.advance("PT3S")
    machine.aws.client("sagemaker").stop_training_job(TrainingJobName="first-0-0")
    machine.aws.advance("PT1M")
    assert json.loads(machine.describe(arn)["cause"])["TrainingJobStatus"] == "Stopped"


def test_stopping_an_execution_stops_its_job(machine: Machine) -> None:
    machine.create(states("Train", Train=train()))
    arn = machine.start(name="first")
    machine.aws.advance("PT3S")
    machine.client.stop_execution(executionArn=arn)
    machine.aws.advance("PT1M")
    assert (machine.status(arn), machine.jobs()) == ("ABORTED", {"first-0-0": "Stopped"})


def test_a_branch_that_fails_stops_the_job_of_another(machine: Machine) -> None:
    waiting = states(
        "Soon",
        Soon={"Type": "Wait", "Seconds": 3, "Next": "Bad"},
        Bad={"Type": "Fail", "Error": "Broken"},
    )
    machine.create(one({"Type": "Parallel", "Branches": [states("Train", Train=train()), waiting]}))
    arn = machine.start(name="both")
    machine.aws.advance("PT1M")
    assert (machine.status(arn), machine.jobs()) == ("FAILED", {"both-0-0": "Stopped"})
    assert "TaskStateAborted" in machine.types(arn)


def test_a_task_that_takes_too_long_times_out_and_its_job_is_stopped(machine: Machine) -> None:
    machine.create(states("Train", Train=train(TimeoutSeconds=2)))
    arn = machine.start(name="slow")
    machine.aws.advance("PT1M")
    found = machine.describe(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Timeout")
    assert machine.types(arn)[-2:] == ["TaskTimedOut", "ExecutionFailed"]
    assert machine.detail(arn, "TaskScheduled")["timeoutInSeconds"] == 2
    assert machine.jobs() == {"slow-0-0": "Stopped"}


def test_request_and_response_does_not_wait(machine: Machine) -> None:
    resource = "arn:aws:states:::sagemaker:createTrainingJob"
    found = machine.output(states("Train", Train=train(Resource=resource)))
    assert ":training-job/" in found["TrainingJobArn"]
    assert "SdkHttpMetadata" in found


# ── Roles ───────────────────────────────────────────────────────────────────────────


def test_a_task_may_what_the_machines_role_may(machine: Machine) -> None:
    machine.create(states("Train", Train=train()))
    mine = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/mine-*"
    set_policy(machine.aws, "machine", allow("sagemaker:*", resource=mine), FULL[1])
    allowed, denied = machine.start(name="mine-1"), machine.start(name="other")
    machine.aws.advance("PT1M")

    assert machine.status(allowed) == "SUCCEEDED"
    found = machine.describe(denied)
    assert found["error"] == "SageMaker.AmazonSageMakerException"
    assert "is not authorized to perform: sagemaker:CreateTrainingJob on resource" in found["cause"]
    assert "Error Code: AccessDeniedException" in found["cause"]


def test_passing_another_role_to_a_job_is_refused(machine: Machine) -> None:
    other = make_role(machine.aws, "other", "sagemaker.amazonaws.com", allow("s3:*"))
    found = machine.run(one(train(Parameters=training(RoleArn=other))))
    assert "is not authorized to perform: iam:PassRole on resource" in found["cause"]


def test_parameters_of_the_wrong_kind_fail_before_the_call(machine: Machine) -> None:
    wrong = training(HyperParameters={"depth": 6})
    found = machine.run(one(train(Parameters=wrong)))
    assert found["error"] == "States.Runtime"
    assert (
        "could not be used to start the Task: [The value for the field 'depth' must be a STRING]"
        in (found["cause"])
    )
    assert "TaskScheduled" not in machine.types(found["executionArn"])


# ── Restarts ────────────────────────────────────────────────────────────────────────


def test_everything_goes_on_after_a_restart(machine: Machine) -> None:
    waiting = states("Wait", Wait={"Type": "Wait", "Seconds": 120, "Next": "Done"},
                     Done={"Type": "Pass", "End": True})  # fmt: skip
    machine.create(one({"Type": "Parallel", "Branches": [states("Train", Train=train()), waiting]}))
    arn = machine.start(name="first")
    for _ in range(6):
        machine.aws.advance("PT1.3S")
        before = machine.events(arn)
        machine.aws.restart()
        machine.client = machine.aws.client("stepfunctions")
        assert machine.events(arn) == before
    machine.aws.advance("PT5M")

    assert machine.status(arn) == "SUCCEEDED"
    assert [event["id"] for event in machine.events(arn)] == list(
        range(1, len(machine.events(arn)) + 1)
    )
    assert list(machine.jobs()) == ["first-0-0"]
