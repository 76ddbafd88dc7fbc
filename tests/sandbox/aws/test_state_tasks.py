"""Tasks of state machines: they call, wait, fail, are tried again, and act as the role."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from provisioning.sandbox.faults import Fault
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    SandboxAws,
    allow,
    make_role,
    set_policy,
)
from tests.sandbox.aws.machines import (
    FULL,
    ROLE,
    Machine,
    make_machine,
    one,
    states,
    train,
    training,
)
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox


@pytest.fixture
def machine(aws: SandboxAws) -> Machine:
    return make_machine(aws)


def misbehave(machine: Machine, kind: Any, match: str, **more: Any) -> None:
    faults = machine.aws.world.faults
    with machine.aws.world.lock:
        faults.table.put(Fault(kind=kind, cloud="aws", match=match, **more))


def jobs(machine: Machine) -> dict[str, str]:
    """Status by name, oldest first."""
    found = machine.aws.client("sagemaker").list_training_jobs(
        SortBy="CreationTime", SortOrder="Ascending", MaxResults=100
    )
    return {
        each["TrainingJobName"]: each["TrainingJobStatus"] for each in found["TrainingJobSummaries"]
    }


# ── Waiting for a job ───────────────────────────────────────────────────────────────


def test_an_execution_waits_for_its_job_and_takes_its_outcome(machine: Machine) -> None:
    machine.create(states("Train", Train=train()))
    arn = machine.start(name="first")
    machine.aws.advance("PT3S")
    assert machine.status(arn) == "RUNNING"
    assert jobs(machine) == {"first-0-0": "InProgress"}
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
    assert len(jobs(machine)) == 2


def test_a_job_that_fails_fails_the_execution_with_its_reason(machine: Machine) -> None:
    misbehave(machine, "fail_step", "first-*", message="AlgorithmError: out of memory")
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
    assert (machine.status(arn), jobs(machine)) == ("ABORTED", {"first-0-0": "Stopped"})


def test_a_branch_that_fails_stops_the_job_of_another(machine: Machine) -> None:
    waiting = states(
        "Soon",
        Soon={"Type": "Wait", "Seconds": 3, "Next": "Bad"},
        Bad={"Type": "Fail", "Error": "Broken"},
    )
    machine.create(one({"Type": "Parallel", "Branches": [states("Train", Train=train()), waiting]}))
    arn = machine.start(name="both")
    machine.aws.advance("PT1M")
    assert (machine.status(arn), jobs(machine)) == ("FAILED", {"both-0-0": "Stopped"})
    assert "TaskStateAborted" in machine.types(arn)


def test_a_task_that_takes_too_long_times_out_and_its_job_is_stopped(machine: Machine) -> None:
    machine.create(states("Train", Train=train(TimeoutSeconds=2)))
    arn = machine.start(name="slow")
    machine.aws.advance("PT1M")
    found = machine.describe(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Timeout")
    assert machine.types(arn)[-2:] == ["TaskTimedOut", "ExecutionFailed"]
    assert machine.detail(arn, "TaskScheduled")["timeoutInSeconds"] == 2
    assert jobs(machine) == {"slow-0-0": "Stopped"}


def test_request_and_response_does_not_wait(machine: Machine) -> None:
    resource = "arn:aws:states:::sagemaker:createTrainingJob"
    found = machine.output(states("Train", Train=train(Resource=resource)))
    assert ":training-job/" in found["TrainingJobArn"]
    assert "SdkHttpMetadata" in found


# ── Trying again ────────────────────────────────────────────────────────────────────

RETRY = [{"ErrorEquals": ["SageMaker.AmazonSageMakerException"], "IntervalSeconds": 30,
          "BackoffRate": 2, "MaxAttempts": 3}]  # fmt: skip


def test_a_throttled_call_is_tried_again_under_another_name(machine: Machine) -> None:
    misbehave(machine, "throttle", "CreateTrainingJob", count=2)
    machine.create(states("Train", Train=train(Retry=RETRY)))
    arn = machine.start(name="first")
    machine.aws.advance("PT5M")

    assert machine.status(arn) == "SUCCEEDED"
    assert jobs(machine) == {"first-0-2": "Completed"}
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
    misbehave(machine, "throttle", "CreateTrainingJob")
    found = machine.run(states("Train", Train=train(Retry=RETRY)))
    assert (found["status"], found["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException")


def test_capacity_has_an_error_of_its_own(machine: Machine) -> None:
    misbehave(machine, "refuse", "CreateTrainingJob", code="ResourceLimitExceeded", message="Full.")
    found = machine.run(states("Train", Train=train()))
    assert found["error"] == "SageMaker.ResourceLimitExceededException"
    assert found["cause"].startswith("Full. (Service: AmazonSageMaker; Status Code: 400; ")


def test_the_first_retrier_that_matches_counts(machine: Machine) -> None:
    misbehave(machine, "fail_step", "Train", message="on request")
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
    misbehave(machine, "fail_step", "Train", message="on request")
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
    misbehave(machine, "fail_step", "first-0-*", message="bad luck")
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
    assert jobs(machine) == {"first-0-0": "Failed", "first-1-0": "Completed"}
    types = machine.types(arn)
    assert types.count("PassStateEntered") == types.count("TaskStateEntered") == 1
    assert types[types.index("ExecutionRedriven") :][1] == "TaskScheduled"
    again = error(machine.client.redrive_execution, executionArn=arn)
    assert again == ("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven")


def test_a_redrive_repeats_only_the_items_that_failed(machine: Machine) -> None:
    inner = states("Train", Train=train(Parameters=training(
        "States.Format('job-{}-{}', $$.Map.Item.Value, $$.Execution.RedriveCount)")))  # fmt: skip
    misbehave(machine, "fail_step", "job-b-0")
    machine.create(one({"Type": "Map", "ItemProcessor": inner, "MaxConcurrency": 1}))
    arn = machine.start(["a", "b", "c"])
    machine.aws.advance("PT1M")
    assert machine.status(arn) == "FAILED"
    machine.client.redrive_execution(executionArn=arn)
    machine.aws.advance("PT1M")
    assert machine.status(arn) == "SUCCEEDED"
    assert list(jobs(machine)) == ["job-a-0", "job-b-0", "job-b-1", "job-c-1"]


def test_what_is_too_old_cannot_be_redriven(machine: Machine) -> None:
    machine.create(states("F", F={"Type": "Fail"}))
    arn = machine.start()
    machine.aws.advance("P15D")
    assert error(machine.client.redrive_execution, executionArn=arn)[0] == "ExecutionNotRedrivable"


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


# ── Other services ──────────────────────────────────────────────────────────────────


def sdk(operation: str, **parameters: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::aws-sdk:{operation}"
    return one({"Type": "Task", "Resource": resource, "Parameters": parameters})


def test_the_sdk_integration_calls_services_of_every_protocol(machine: Machine) -> None:
    machine.aws.client("s3").put_object(Bucket=BUCKET, Key="conf.json", Body=b'{"depth": 6}')
    found = machine.output(sdk("s3:getObject", Bucket=BUCKET, Key="conf.json"))
    assert found["Body"] == '{"depth": 6}'
    assert found["LastModified"].startswith("2027-03-01T12:00:0")
    described = {"TrainingJobName.$": "$.name"}
    machine.client.delete_state_machine(stateMachineArn=machine.arn)
    refused = machine.run(sdk("sagemaker:describeTrainingJob", **described), {"name": "no"})
    assert refused["error"] == "SageMaker.SageMakerException"
    assert (
        "Requested resource not found. (Service: SageMaker, Status Code: 400, "
        in (refused["cause"])
    )


def test_sdk_errors_have_the_services_names(machine: Machine) -> None:
    found = machine.run(sdk("s3:getObject", Bucket=BUCKET, Key="no"))
    assert found["error"] == "S3.NoSuchKeyException"
    assert "(Service: S3, Status Code: 404, Request ID: " in found["cause"]


def test_a_message_is_sent(machine: Machine) -> None:
    sqs = machine.aws.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": {"of.$": "$$.Execution.Name"}},
    }
    machine.create(one(task))
    machine.start(name="first")
    machine.aws.advance("PT1M")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"of": "first"}


@pytest.mark.parametrize(("pattern", "output"), [(".sync", '{"x":1}'), (".sync:2", {"x": 1})])
def test_an_execution_waits_for_another(machine: Machine, pattern: str, output: Any) -> None:
    inner = {"name": "Inner", "definition": json.dumps(one({"Type": "Pass", "Result": {"x": 1}}))}
    arn = machine.client.create_state_machine(**inner, roleArn=ROLE)["stateMachineArn"]
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": {"StateMachineArn": arn, "Input": {"a": 1}, "Name": "nested"},
    }
    found = machine.output(one(task))
    assert (found["Name"], found["Status"], found["Output"]) == ("nested", "SUCCEEDED", output)


def test_the_failure_of_a_nested_execution_is_the_tasks(machine: Machine) -> None:
    inner = states("F", F={"Type": "Fail", "Error": "Deep", "Cause": "inside"})
    arn = machine.client.create_state_machine(
        name="Inner", definition=json.dumps(inner), roleArn=ROLE
    )["stateMachineArn"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": arn},
    }
    found = machine.run(one(task))
    assert found["error"] == "States.TaskFailed"
    assert json.loads(found["cause"])["Error"] == "Deep"


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
    assert list(jobs(machine)) == ["first-0-0"]
