"""Calls that an engine makes seldom, on the real sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from provisioning.sandbox.provider import values
from provisioning.sandbox.provider.values import SECRET, SIGNATURE
from tests.sandbox.provider.engine_calls import EngineCalls, plain
from tests.sandbox_process import ACCOUNT, SandboxProcess

pytestmark = pytest.mark.sandbox

QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
BUCKET = "aws:s3/bucket:Bucket"
NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"
ELSEWHERE = f"http://127.0.0.1:1/{ACCOUNT}"
OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}'  # fmt: skip # noqa: E501


@pytest.fixture
def engine(sandbox: SandboxProcess) -> Iterator[EngineCalls]:
    calls = EngineCalls(int(sandbox.address.provider.rpartition(":")[2]))
    calls.configure()
    yield calls
    calls.close()


def test_a_queue_is_found_by_its_name_whatever_the_port_was(
    engine: EngineCalls, aws: Callable[..., Any]
) -> None:
    created = engine.create(QUEUE, {"name": "moved-house"})
    assert created.id.endswith(f"/{ACCOUNT}/moved-house")
    old = f"{ELSEWHERE}/moved-house"
    state = {**plain(created.properties), "url": old}
    found = engine.read(QUEUE, old, values.write(state), created.properties)
    assert found.id == old
    assert plain(found.properties) == state, "another port is no drift"

    inputs = {"queueUrl": old, "policy": OPEN}
    assert engine.create(QUEUE_POLICY, inputs).id == old
    request = provider_pb2.UpdateRequest(
        id=old, urn=engine.urn(QUEUE), olds=values.write(state),
        news=values.write({**state, "delaySeconds": 3}),
    )  # fmt: skip
    assert plain(engine.provider.Update(request).properties)["delaySeconds"] == 3
    engine.delete(QUEUE_POLICY, old)
    engine.delete(QUEUE, old, values.write(state))
    names = aws("sqs").list_queues(QueueNamePrefix="moved-house")
    assert "QueueUrls" not in names


def test_an_unfinished_change_is_repeated_without_what_cannot_be_changed(
    engine: EngineCalls, aws: Callable[..., Any]
) -> None:
    """An engine that was cut off asks for an update though nothing differs."""
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}'  # fmt: skip # noqa: E501
    role = engine.create("aws:iam/role:Role", {"name": "of-cut-off", "assumeRolePolicy": policy})
    inputs = {
        "name": "cut-off",
        "instanceType": "ml.t3.medium",
        "roleArn": plain(role.properties)["arn"],
    }
    created = engine.create(NOTEBOOK, inputs)
    request = provider_pb2.UpdateRequest(
        id=created.id, urn=engine.urn(NOTEBOOK), olds=created.properties,
        news=engine.check(NOTEBOOK, inputs).inputs,
    )  # fmt: skip
    again = plain(engine.provider.Update(request).properties)
    assert again == plain(created.properties)
    found = aws("sagemaker").describe_notebook_instance(NotebookInstanceName="cut-off")
    assert found["NotebookInstanceStatus"] == "InService"
    engine.delete(NOTEBOOK, created.id, created.properties)
    engine.delete("aws:iam/role:Role", role.id, role.properties)


def test_what_is_gone_reads_as_nothing_and_deletes_well(engine: EngineCalls) -> None:
    ids = {
        QUEUE: f"{ELSEWHERE}/nobody",
        QUEUE_POLICY: f"{ELSEWHERE}/nobody",
        BUCKET: "nobody-has-this-bucket",
        "aws:iam/role:Role": "nobody",
        "aws:iam/rolePolicy:RolePolicy": "nobody:p",
        "aws:iam/policy:Policy": f"arn:aws:iam::{ACCOUNT}:policy/nobody",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (
            f"nobody/arn:aws:iam::{ACCOUNT}:policy/nobody"
        ),
        "aws:scheduler/schedule:Schedule": "default/nobody",
        "aws:scheduler/scheduleGroup:ScheduleGroup": "nobody",
        "aws:cloudwatch/logGroup:LogGroup": "nobody",
        "aws-native:sagemaker:Pipeline": "nobody",
        "aws-native:sagemaker:ModelPackageGroup": (
            f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package-group/nobody"
        ),
    }
    native = EngineCalls(engine.port, package="aws-native")
    native.configure()
    for token, id in ids.items():
        calls = native if token.startswith("aws-native") else engine
        assert calls.read(token, id).id == ""
        calls.delete(token, id)
    native.close()


def test_a_bucket_keeps_all_of_its_settings(engine: EngineCalls) -> None:
    given: dict[str, Any] = {
        "bucket": "settings-of-a-test",
        "forceDestroy": True,
        "acl": "private",
        "versioning": {"enabled": True},
        "policy": '{"Version":"2012-10-17","Statement":[]}',
        "serverSideEncryptionConfiguration": {
            "rule": {
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"},
                "bucketKeyEnabled": False,
            }
        },
        "corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["*"], "maxAgeSeconds": 60}],
        "lifecycleRules": [
            {
                "id": "old",
                "enabled": True,
                "prefix": "logs/",
                "expiration": {"days": 30},
                "transitions": [{"days": 10, "storageClass": "GLACIER"}],
            },
            {"id": "tagged", "enabled": False, "tags": {"a": "b"}, "expiration": {"days": 1},
             "abortIncompleteMultipartUploadDays": 3},
        ],
        "website": {"indexDocument": "index.html", "errorDocument": "error.html"},
        "accelerationStatus": "Enabled",
        "tags": {"a": "b"},
    }  # fmt: skip
    created = engine.create(BUCKET, given)
    state, _ = values.read(created.properties)
    assert {name: state[name] for name in given} == given
    found = engine.read(BUCKET, created.id, created.properties, created.properties)
    assert values.read(found.properties)[0] == state
    engine.delete(BUCKET, created.id, created.properties)
    assert engine.read(BUCKET, created.id).id == ""


def test_a_bucket_with_objects_stays_unless_forced(
    engine: EngineCalls, aws: Callable[..., Any]
) -> None:
    created = engine.create(BUCKET, {"bucket": "full-of-a-test"})
    aws("s3").put_object(Bucket="full-of-a-test", Key="k", Body=b"v")
    with pytest.raises(grpc.RpcError, match=r"deleting S3 Bucket .*BucketNotEmpty"):
        engine.delete(BUCKET, created.id, created.properties)
    engine.delete(BUCKET, created.id, values.write({"forceDestroy": True}))
    assert engine.read(BUCKET, created.id).id == ""


def test_secrets_come_back_marked(engine: EngineCalls) -> None:
    news = values.write({"name": "hides", "tags": {"a": "x"}}, {("tags", "a")})
    inputs = engine.provider.Check(
        provider_pb2.CheckRequest(urn=engine.urn(QUEUE), news=news)
    ).inputs
    created = engine.provider.Create(
        provider_pb2.CreateRequest(urn=engine.urn(QUEUE), properties=inputs)
    )
    hidden = {SIGNATURE: SECRET, "value": "x"}
    assert plain(inputs)["tags"]["a"] == hidden
    assert plain(created.properties)["tags"]["a"] == hidden
    assert plain(created.properties)["tagsAll"]["a"] == hidden
    found = engine.read(QUEUE, created.id, created.properties, inputs)
    assert plain(found.properties)["tags"]["a"] == hidden
    assert plain(found.inputs)["tags"]["a"] == hidden
    engine.delete(QUEUE, created.id, created.properties)
