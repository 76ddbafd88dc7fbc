"""What was answered is never lost, and what is read back is data."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.backends import get_backend
from moto.s3.models import FakeKey

from provisioning.sandbox.aws.allowed import NotAllowed, RestrictedUnpickler
from provisioning.sandbox.aws.moto_state import OtherRelease
from provisioning.sandbox.durations import parse_duration
from provisioning.sandbox.records import Unreadable
from provisioning.sandbox.store import Store
from provisioning.sandbox.world_lock import WorldLock
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    SandboxAws,
    allow,
    document,
    make_role,
)
from tests.sandbox.aws.definitions import definition, fail_step
from tests.sandbox_process import ROOT, SandboxProcess

pytestmark = pytest.mark.sandbox


# ── Killed at any time ──────────────────────────────────────────────────────────────


class Writer:
    """Makes one change after the other and knows which were answered."""

    def __init__(self, process: SandboxProcess) -> None:
        self.clients = {
            service: boto3.client(
                service,
                endpoint_url=process.address.aws_url,
                region_name=REGION,
                aws_access_key_id=f"AKIA{ACCOUNT}SBOX",
                aws_secret_access_key="any",
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


# ── Read back ───────────────────────────────────────────────────────────────────────


def test_everything_comes_back_as_it_was(aws: SandboxAws) -> None:
    iam, s3, sqs, logs = (aws.client(name) for name in ("iam", "s3", "sqs", "logs"))
    role = make_role(aws, "r", "sagemaker.amazonaws.com", allow("s3:*"))
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    iam.tag_role(RoleName="r", Tags=[{"Key": "a", "Value": "b"}])
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"one", Tagging="x=y")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"two")
    s3.delete_object(Bucket=BUCKET, Key="k")
    url = sqs.create_queue(QueueName="q", tags={"a": "b"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
        {"timestamp": int(aws.clock.read() * 1000), "message": "line"}])  # fmt: skip
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="big")["UploadId"]
    s3.upload_part(Bucket=BUCKET, Key="big", UploadId=upload, PartNumber=1, Body=b"part")

    def seen() -> list[Any]:
        iam, s3, logs = (aws.client(name) for name in ("iam", "s3", "logs"))
        looks = [
            iam.get_role(RoleName="r")["Role"],
            iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"],
            s3.list_object_versions(Bucket=BUCKET)["Versions"],
            s3.list_object_versions(Bucket=BUCKET)["DeleteMarkers"],
            s3.list_parts(Bucket=BUCKET, Key="big", UploadId=upload)["Parts"],
            logs.get_log_events(logGroupName="g", logStreamName="s")["events"],
            logs.describe_log_streams(logGroupName="g")["logStreams"],
        ]
        return looks

    before = seen()
    aws.restart()

    assert seen() == before
    assert before[0]["Arn"] == role
    received = aws.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert received[0]["Body"] == "hello"
    aws.restart()
    assert "Messages" not in aws.client("sqs").receive_message(QueueUrl=url)


def test_deleted_objects_leave_the_file(aws: SandboxAws) -> None:
    s3 = aws.client("s3")
    for number in range(5):
        s3.put_object(Bucket=BUCKET, Key=f"k{number}", Body=b"x")
    before = rows(aws, "moto_part")
    for number in range(5):
        s3.delete_object(Bucket=BUCKET, Key=f"k{number}")

    assert rows(aws, "moto_part") == before - 5
    aws.restart()
    aws.client("s3").put_object(Bucket=BUCKET, Key="again", Body=b"x")
    assert rows(aws, "moto_part") == before - 4


def rows(aws: SandboxAws, kind: str) -> int:
    return len(list(aws.store.rows(kind)))


def test_an_upload_does_not_write_other_objects_again(aws: SandboxAws) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key="large", Body=b"x" * 3_000_000)
    written: list[int] = []
    original = aws.store.put

    def put(kind: str, key: str, body: bytes) -> None:
        written.append(len(body))
        original(kind, key, body)

    aws.store.put = put  # type: ignore[method-assign]
    s3.put_object(Bucket=BUCKET, Key="small", Body=b"y")

    assert sum(written) < 20_000


def test_a_seeded_bucket_that_was_emptied_stays_empty(aws: SandboxAws) -> None:
    s3 = aws.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys == ["input/test.csv", "input/train.csv"]
    for key in keys:
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.delete_bucket(Bucket=BUCKET)
    aws.restart()

    assert aws.client("s3").list_buckets()["Buckets"] == []


def test_the_file_is_for_its_owner_only(aws: SandboxAws) -> None:
    mode = (aws.folder / "sandbox.db").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/sandbox-was-here",)


@pytest.mark.parametrize("value", [Evil(), [Evil()], os.system, eval, FakeKey.dispose, Path("/")])
def test_state_that_names_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(NotAllowed):
        RestrictedUnpickler(pickle.dumps(value), part=lambda number: None).load()


def test_a_tampered_file_is_not_loaded(aws: SandboxAws) -> None:
    aws.stop()
    database = sqlite3.connect(aws.folder / "sandbox.db")
    database.execute("UPDATE rows SET body = ? WHERE kind = 'moto'", (pickle.dumps(Evil()),))
    database.commit()
    database.close()

    with pytest.raises(NotAllowed):
        aws.start()

    database = sqlite3.connect(aws.folder / "sandbox.db")
    database.execute("DELETE FROM rows")
    database.commit()
    database.close()
    aws.start()


def test_state_of_another_release_of_moto_is_refused(aws: SandboxAws) -> None:
    aws.store.put("moto_release", "moto", b"4.0.0")
    aws.store.commit()
    with pytest.raises(OtherRelease, match=r"was written by moto 4\.0\.0, this is moto 5\.2\.5"):
        aws.restart()

    store = Store(aws.folder / "sandbox.db", lock=WorldLock())
    store.put("moto_release", "moto", b"5.2.5")
    store.commit()
    store.close()
    aws.start()


def test_a_record_of_another_shape_is_refused_with_a_sentence(aws: SandboxAws) -> None:
    aws.store.put("schedule", "s", b'{"colour": "red"}')
    aws.store.commit()
    with pytest.raises(Unreadable, match="was written by another release of Skyclock"):
        aws.restart()

    store = Store(aws.folder / "sandbox.db", lock=WorldLock())
    store.delete("schedule", "s")
    store.commit()
    store.close()
    aws.start()


def test_what_could_not_be_read_again_is_not_written(aws: SandboxAws) -> None:
    iam = aws.client("iam")
    get_backend("iam")[ACCOUNT]["aws"].roles["evil"] = Evil()
    with pytest.raises(ClientError, match="InternalFailure"):
        iam.create_user(UserName="ann")

    aws.client("sqs").create_queue(QueueName="unharmed")
    del get_backend("iam")[ACCOUNT]["aws"].roles["evil"]
    iam.create_user(UserName="bob")
    aws.restart()
    users = aws.client("iam").list_users()["Users"]
    assert [user["UserName"] for user in users] == ["ann", "bob"]


def test_time_goes_on_from_where_it_was(aws: SandboxAws) -> None:
    ahead = aws.advance("P10D")
    aws.let_pass(-timedelta(days=300))
    aws.restart()
    assert aws.now() == ahead

    aws.let_pass(parse_duration("PT1H"))
    assert aws.now() == ahead + timedelta(hours=1)
