"""What the sandbox stores comes back as it was, and is read as data."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
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
    SandboxAws,
    allow,
    make_role,
)

pytestmark = pytest.mark.sandbox


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
        return os.system, ("exit 1",)


@pytest.mark.parametrize("value", [Evil(), [Evil()], os.system, eval, FakeKey.dispose, Path("/")])
def test_state_that_names_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(NotAllowed):
        RestrictedUnpickler(pickle.dumps(value), part=lambda number: None).load()


def named(module: str, name: str) -> bytes:
    """The instructions of a pickle that put this on its stack."""
    texts = [b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name)]
    return b"\x80\x04" + b"".join(texts) + b"\x93"


LOAD_BACKEND = named("provisioning.sandbox.aws.moto_state", "load_backend")


@pytest.mark.parametrize(
    "instructions",
    [
        named("moto.s3.models", "FakeKey.__init__.__globals__"),
        named("moto.s3.models", "os.system"),
        named("moto.s3.models", "S3Backend"),
        named("collections", "OrderedDict.fromkeys.__self__"),
        named("builtins", "getattr"),
        named("builtins", "type"),
        b"cos\nsystem\n(S'exit 1'\ntR",
        b"(S'exit 1'\nios\nsystem\n",
        b"\x80\x02\x82\x01",  # by a number in the registry of extensions
        b"Psomething\n",  # by a name that only a subclass can resolve
        LOAD_BACKEND + b"(\x8c\x06server\x8c\x011\x8c\x03awstR",  # would import moto.server
    ],
)
def test_no_instruction_of_a_pickle_gets_around_the_list(instructions: bytes) -> None:
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        RestrictedUnpickler(instructions + b".", part=lambda number: None).load()


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


def test_state_that_cannot_be_read_stops_the_start_with_a_way_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.db", lock=WorldLock())
    store.put("moto_release", "moto", b"5.2.5")
    store.put("moto", "iam/111122223333/aws", pickle.dumps({"roles": Path("/")}))
    store.commit()
    store.close()
    parts = ("aws", "azure", "google", "provider", "control")
    ports = [word for part in parts for word in (f"--{part}-port", "0")]
    ended = subprocess.run(
        [sys.executable, "-m", "provisioning.sandbox", "--data", str(tmp_path), *ports],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "is not part of the sandbox's state" in ended.stderr
    assert "Remove the sandbox's folder" in ended.stderr and "Traceback" not in ended.stderr


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
