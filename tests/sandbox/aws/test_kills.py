"""A sandbox that is killed at any time loses nothing that it answered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    allow,
    document,
)
from tests.sandbox.aws.definitions import definition, fail_step
from tests.sandbox_process import ROOT, SandboxProcess

pytestmark = pytest.mark.sandbox


class Writer:
    """Makes one change after the other and knows which were answered."""

    def __init__(self, process: SandboxProcess) -> None:
        self.clients = {
            service: boto3.client(
                service,
                endpoint_url=process.address.aws_url,
                region_name=REGION,
                aws_access_key_id=f"AKIA{ACCOUNT}SBOX",
                aws_secret_access_key=f"sandbox-only-key-of-account-{ACCOUNT}",
                config=Config(retries={"total_max_attempts": 1}),
            )
            for service in ("s3", "iam", "sqs", "scheduler", "logs", "sagemaker")
        }

    def prepare(self) -> None:
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": ["scheduler.amazonaws.com", "sagemaker.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
        text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.clients["iam"].create_role(RoleName="both", AssumeRolePolicyDocument=text)

    def write(self, number: int) -> None:
        c, name = self.clients, f"thing-{number}"
        role = f"arn:aws:iam::{ACCOUNT}:role/both"
        pipeline = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{name}"
        changes = [
            lambda: c["s3"].put_object(Bucket=BUCKET, Key=name, Body=name.encode()),
            lambda: c["iam"].put_role_policy(
                RoleName="both", PolicyName=name, PolicyDocument=_DOCUMENT
            ),
            lambda: c["sqs"].create_queue(QueueName=name),
            lambda: c["logs"].create_log_group(logGroupName=name),
            lambda: c["sagemaker"].create_pipeline(
                PipelineName=name, RoleArn=role, ClientRequestToken=name * 8,
                PipelineDefinition=json.dumps(definition(fail_step("Only"))),
            ),
            lambda: c["scheduler"].create_schedule(
                Name=name, ScheduleExpression="rate(7 days)", FlexibleTimeWindow={"Mode": "OFF"},
                Target={"Arn": pipeline, "RoleArn": role},
            ),
        ]  # fmt: skip
        changes[number % len(changes)]()

    def is_there(self, number: int) -> bool:
        c, name = self.clients, f"thing-{number}"
        looks = [
            lambda: c["s3"].get_object(Bucket=BUCKET, Key=name)["Body"].read() == name.encode(),
            lambda: c["iam"].get_role_policy(RoleName="both", PolicyName=name),
            lambda: c["sqs"].get_queue_url(QueueName=name),
            lambda: c["logs"].describe_log_groups(logGroupNamePrefix=name)["logGroups"][0],
            lambda: c["sagemaker"].describe_pipeline(PipelineName=name),
            lambda: c["scheduler"].get_schedule(Name=name),
        ]
        return bool(looks[number % len(looks)]())


_DOCUMENT = document(allow("s3:*"))


def test_a_kill_right_after_an_answer_loses_nothing(tmp_path: Path) -> None:
    process = SandboxProcess(data=tmp_path / "sandbox")
    try:
        writer = Writer(process.start())
        writer.prepare()
        for number in range(6):
            writer.write(number)
            process.end(signal.SIGKILL)
            process.start()
            assert all(writer.is_there(earlier) for earlier in range(number + 1))
    finally:
        process.end()


def test_a_kill_under_load_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    process = SandboxProcess(data=tmp_path / "sandbox")
    answered: list[int] = []
    try:
        Writer(process.start()).prepare()

        def keep_writing(first: int) -> None:
            writer = Writer(process)
            for number in range(first, first + 6000, 10):
                try:
                    writer.write(number)
                except Exception:  # the kill
                    return
                answered.append(number)

        threads = [threading.Thread(target=keep_writing, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        while len(answered) < 60:
            threads[0].join(0.05)
        process.end(signal.SIGKILL)
        for thread in threads:
            thread.join(20)
        writer = Writer(process.start())
        assert len(answered) >= 60
        assert all(writer.is_there(number) for number in answered)
    finally:
        process.end()


def test_the_clock_survives_a_kill(tmp_path: Path) -> None:
    process = SandboxProcess(data=tmp_path / "sandbox")
    try:
        process.start()
        ahead = process.control("/clock", {"advance": "P40D"})["now"]
        process.end(signal.SIGKILL)
        process.start()

        assert process.control("/clock")["now"] > ahead
    finally:
        process.end()


def test_it_ends_quickly_and_two_do_not_share_a_folder(tmp_path: Path) -> None:
    process = SandboxProcess(data=tmp_path / "sandbox")
    other = SandboxProcess(data=tmp_path / "sandbox")
    process.start()
    try:
        with pytest.raises(AssertionError, match="Another sandbox is running on"):
            other.start()
    finally:
        process.end()
    assert process.process
    assert process.process.returncode == 0


def test_real_credentials_stay_outside(tmp_path: Path) -> None:
    code = (
        "from provisioning.sandbox.isolation import isolate; isolate(); import boto3;"
        "c = boto3.Session().get_credentials(); print(c.access_key, c.secret_key, c.token)"
    )
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SESSION_TOKEN": "real",
        "AWS_PROFILE": "real",
        "MOTO_ACCOUNT_ID": "999999999999",
    }
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert ran.stdout.strip() == "sandbox sandbox None", ran.stderr
