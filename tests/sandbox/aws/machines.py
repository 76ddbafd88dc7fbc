"""State machines that the tests run."""

from __future__ import annotations

import json
from typing import Any

from provisioning.sandbox.faults import Fault
from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, REGION, SandboxAws, allow, make_role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"
JOB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/job"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/train:1"
SYNC = "arn:aws:states:::sagemaker:createTrainingJob.sync"
FULL = (
    allow("sagemaker:*", "states:*", "sqs:*", "s3:*", "logs:*", "events:*"),
    allow("iam:PassRole", resource=JOB_ROLE),
)
UNIQUE = (
    "States.Format('{}-{}-{}', $$.Execution.Name, $$.Execution.RedriveCount, $$.State.RetryCount)"
)


def states(start: str, **found: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": start, "States": found}


def one(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A machine of one state, named Only."""
    return {**states("Only", Only={"End": True, **state}), **more}


def fail(error: str = "Broken", cause: str = "as planned") -> dict[str, Any]:
    return {"Type": "Fail", "Error": error, "Cause": cause}


def training(name: str = UNIQUE, **more: Any) -> dict[str, Any]:
    """Parameters of createTrainingJob; `name` is a path or a function."""
    return {
        "TrainingJobName.$": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": JOB_ROLE,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **more,
    }


def train(**more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": SYNC, "Parameters": training(), "End": True, **more}


class Machine:
    """One machine, run by the tests."""

    def __init__(self, aws: SandboxAws) -> None:
        self.aws = aws
        self.client = aws.client("stepfunctions")
        self.arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Retrain"

    def create(self, content: dict[str, Any], **more: Any) -> str:
        given = {"name": "Retrain", "definition": json.dumps(content), "roleArn": ROLE, **more}
        return str(self.client.create_state_machine(**given)["stateMachineArn"])

    def start(self, given: Any = None, **more: Any) -> str:
        text = json.dumps(given if given is not None else {})
        started = self.client.start_execution(stateMachineArn=self.arn, input=text, **more)
        return str(started["executionArn"])

    def run(self, content: dict[str, Any], given: Any = None) -> dict[str, Any]:
        """Created, started, and described when an hour has passed."""
        self.create(content)
        arn = self.start(given)
        self.aws.advance("PT1H")
        return self.describe(arn)

    def describe(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_execution(executionArn=arn)
        return found

    def status(self, arn: str) -> str:
        return str(self.describe(arn)["status"])

    def output(self, content: dict[str, Any], given: Any = None) -> Any:
        """What a run of it gives; an error where it fails."""
        found = self.run(content, given)
        assert found["status"] == "SUCCEEDED", (found.get("error"), found.get("cause"))
        return json.loads(found["output"])

    def events(self, arn: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def walk(self, arn: str) -> list[tuple[int, int, str]]:
        """Id, previous id and type of every event."""
        return [(e["id"], e["previousEventId"], e["type"]) for e in self.events(arn)]

    def types(self, arn: str) -> list[str]:
        return [event["type"] for event in self.events(arn)]

    def detail(self, arn: str, type: str, number: int = 0) -> dict[str, Any]:
        """The details of an event of this type."""
        event = [each for each in self.events(arn) if each["type"] == type][number]
        found: dict[str, Any] = next(v for k, v in event.items() if k.endswith("EventDetails"))
        return found

    def misbehave(self, kind: Any, match: str, **more: Any) -> None:
        """Have the sandbox fail, throttle or refuse what matches."""
        with self.aws.world.lock:
            self.aws.world.faults.table.put(Fault(kind=kind, cloud="aws", match=match, **more))

    def jobs(self) -> dict[str, str]:
        """Status by name of the training jobs, oldest first."""
        found = self.aws.client("sagemaker").list_training_jobs(
            SortBy="CreationTime", SortOrder="Ascending", MaxResults=100
        )
        listed = found["TrainingJobSummaries"]
        return {each["TrainingJobName"]: each["TrainingJobStatus"] for each in listed}


def make_machine(aws: SandboxAws) -> Machine:
    make_role(aws, "machine", "states.amazonaws.com", *FULL)
    make_role(aws, "job", "sagemaker.amazonaws.com", allow("s3:*"), allow("logs:*"))
    return Machine(aws)
