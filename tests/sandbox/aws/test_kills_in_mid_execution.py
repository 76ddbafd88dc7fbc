"""A sandbox that is killed while an execution waits for its job tells the truth, and goes on."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.sandbox.aws.conftest import ACCOUNT, REGION, allow, document
from tests.sandbox.aws.functions import eventually
from tests.sandbox.aws.machines import FULL, ROLE, states, train
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox


def client(process: SandboxProcess, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=process.address.aws_url,
        region_name=REGION,
        aws_access_key_id=f"AKIA{ACCOUNT}SBOX",
        aws_secret_access_key=f"sandbox-only-key-of-account-{ACCOUNT}",
        config=Config(retries={"total_max_attempts": 1}),
    )


def prepare(process: SandboxProcess) -> str:
    iam = client(process, "iam")
    for name, service, statements in (
        ("machine", "states", FULL),
        ("job", "sagemaker", (allow("s3:*"), allow("logs:*"))),
    ):
        trust = {
            "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }  # fmt: skip
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    wait = {"Type": "Wait", "Seconds": 1, "Next": "Train"}
    machine = client(process, "stepfunctions").create_state_machine(
        name="m", definition=json.dumps(states("Wait", Wait=wait, Train=train())), roleArn=ROLE
    )
    return str(machine["stateMachineArn"])


def test_a_killed_execution_goes_on_from_its_last_state(tmp_path: Path) -> None:
    process = SandboxProcess(data=tmp_path / "sandbox")
    try:
        machine = prepare(process.start())

        def history() -> list[dict[str, Any]]:
            found = client(process, "stepfunctions").get_execution_history(executionArn=arn)
            events: list[dict[str, Any]] = found["events"]
            return events

        started = client(process, "stepfunctions").start_execution(
            stateMachineArn=machine, name="killed"
        )
        arn = started["executionArn"]
        for seen in ("WaitStateEntered", "TaskSubmitted"):
            eventually(lambda seen=seen: seen in [event["type"] for event in history()])
            before = history()
            process.end(signal.SIGKILL)
            process.start()
            assert history()[: len(before)] == before, "what was told stays true"
        process.control("/clock", {"advance": "PT2M"})

        found = client(process, "stepfunctions").describe_execution(executionArn=arn)
        assert found["status"] == "SUCCEEDED"
        jobs = client(process, "sagemaker").list_training_jobs()["TrainingJobSummaries"]
        assert [job["TrainingJobName"] for job in jobs] == ["killed-0-0"]
        assert [event["id"] for event in history()] == list(range(1, len(history()) + 1))
    finally:
        process.end()
