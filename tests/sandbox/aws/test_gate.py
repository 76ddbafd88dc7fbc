"""Who may enter the simulated AWS, and what those hear who may not."""

from __future__ import annotations

import http.client
import socket
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    OTHER_ACCOUNT,
    REGION,
    SandboxAws,
    allow,
    make_role,
    set_policy,
)

pytestmark = pytest.mark.sandbox

SIGNED = (
    f"AWS4-HMAC-SHA256 Credential=AKIA{ACCOUNT}SBOX/20270301/eu-west-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def ask(aws: SandboxAws, path: str = "/", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def signed(aws: SandboxAws) -> dict[str, str]:
    """The headers of a request for the list of buckets."""
    request = AWSRequest("GET", f"http://127.0.0.1:{aws.port}/")
    key = Credentials(f"AKIA{ACCOUNT}SBOX", f"sandbox-only-key-of-account-{ACCOUNT}")
    S3SigV4Auth(key, "s3", REGION).add_auth(request)
    return dict(request.headers)


def error(call: Any, *arguments: Any, **keywords: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(*arguments, **keywords)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_access_key_names_the_account(aws: SandboxAws) -> None:
    identity = aws.client("sts", account=OTHER_ACCOUNT).get_caller_identity()

    assert identity["Account"] == OTHER_ACCOUNT
    assert identity["Arn"] == f"arn:aws:iam::{OTHER_ACCOUNT}:user/sandbox"


def test_accounts_do_not_see_each_other(aws: SandboxAws) -> None:
    make_role(aws, "mine", "sagemaker.amazonaws.com")

    assert aws.client("iam", account=OTHER_ACCOUNT).list_roles()["Roles"] == []
    assert error(aws.client("s3", account=OTHER_ACCOUNT).head_bucket, Bucket=BUCKET)[1] in (
        403,
        404,
    )


def test_keys_that_iam_gave_out_work(aws: SandboxAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = aws.client_with_key("sts", key["AccessKeyId"], secret=key["SecretAccessKey"])

    assert ann.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann"


def test_sessions_that_sts_gave_out_work(aws: SandboxAws) -> None:
    arn = make_role(aws, "worker", ACCOUNT)
    given = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    session = aws.client_of("sts", given)

    expected = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/s1"
    assert session.get_caller_identity()["Arn"] == expected


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("sagemaker", "list_pipelines", "UnrecognizedClientException"),
        ("scheduler", "list_schedules", "UnrecognizedClientException"),
    ],
)
def test_unknown_keys_are_refused(aws: SandboxAws, service: str, operation: str, code: str) -> None:
    stranger = aws.client_with_key(service, "AKIAIOSFODNN7EXAMPLE")

    assert error(getattr(stranger, operation)) == (code, 403)


def test_services_and_operations_that_it_lacks_are_named_at_once(aws: SandboxAws) -> None:
    assert error(aws.client("kinesis").list_streams) == ("NotImplemented", 501)
    assert error(aws.client("lambda").list_layers) == ("NotImplemented", 501)
    with pytest.raises(ClientError, match="does not simulate sagemaker CreateHub"):
        aws.client("sagemaker").create_hub(HubName="h", HubDescription="d")


def test_an_unknown_region_is_an_error_of_the_client(aws: SandboxAws) -> None:
    lost = aws.client_with_key("sqs", f"AKIA{ACCOUNT}SBOX", region="xx-nowhere-9")

    assert error(lost.list_queues) == ("InvalidRegion", 400)


def test_web_pages_get_no_answer(aws: SandboxAws) -> None:
    status, _ = ask(aws, Authorization=SIGNED, Host="sandbox.example")
    assert status == 403
    status, _ = ask(aws, Authorization=SIGNED, Origin="https://example.com")
    assert status == 403


def test_unsigned_requests_get_no_answer(aws: SandboxAws) -> None:
    status, body = ask(aws, f"/{BUCKET}")

    assert status == 403
    assert "MissingAuthenticationToken" in body


@pytest.mark.parametrize("path", ["/moto-api/reset", "/moto-api/data.json", "/moto-api/"])
def test_motos_own_control_path_is_closed(aws: SandboxAws, path: str) -> None:
    status, _ = ask(aws, path, Authorization=SIGNED)

    assert status == 403


def test_a_header_cannot_choose_the_account(aws: SandboxAws) -> None:
    _, body = ask(aws, "/", **signed(aws), **{"x-moto-account-id": OTHER_ACCOUNT})

    assert BUCKET in body


def test_connections_are_kept(aws: SandboxAws) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=60)
    for _ in range(3):
        connection.request("GET", "/", headers=signed(aws))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    assert connection.sock, "the server closed the connection"
    connection.close()


def test_it_listens_on_loopback_only(aws: SandboxAws) -> None:
    for family, _, _, _, address in socket.getaddrinfo(socket.gethostname(), aws.port):
        if str(address[0]).startswith("127.") or family != socket.AF_INET:
            continue
        with pytest.raises(OSError):
            socket.create_connection((address[0], aws.port), timeout=2)


def test_objects_survive_their_way(aws: SandboxAws) -> None:
    s3 = aws.client("s3")
    body = bytes(range(256)) * 500
    s3.put_object(Bucket=BUCKET, Key="a b/é+%.bin", Body=body, Metadata={"x_y": "1"})

    assert s3.get_object(Bucket=BUCKET, Key="a b/é+%.bin")["Body"].read() == body
    head = s3.head_object(Bucket=BUCKET, Key="a b/é+%.bin")
    assert head["ContentLength"] == len(body)
    assert head["LastModified"] == aws.now().replace(microsecond=0)


def test_a_long_poll_ends_when_a_message_comes(aws: SandboxAws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)

    assert url == f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q"
    sqs.send_message(QueueUrl=url, MessageBody="hello")

    received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert [message["Body"] for message in received] == ["hello"]


def test_awss_own_policies_can_be_attached(aws: SandboxAws) -> None:
    make_role(aws, "full", "sagemaker.amazonaws.com")
    iam = aws.client("iam")
    iam.attach_role_policy(
        RoleName="full", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    )

    attached = iam.list_attached_role_policies(RoleName="full")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonSageMakerFullAccess"]
    lost = "arn:aws:iam::aws:policy/NoSuchPolicy"
    assert error(iam.attach_role_policy, RoleName="full", PolicyArn=lost)[0] == "NoSuchEntity"


def test_sessions_may_do_what_their_role_allows(aws: SandboxAws) -> None:
    arn = make_role(
        aws, "worker", ACCOUNT,
        allow("s3:GetObject", resource=f"arn:aws:s3:::{BUCKET}/input/*"),
        allow("sagemaker:DescribePipeline", resource="*"),
    )  # fmt: skip
    given = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]

    def client(service: str) -> Any:
        return aws.client_of(service, given)

    client("s3").get_object(Bucket=BUCKET, Key="input/train.csv")
    assert error(client("s3").get_object, Bucket=BUCKET, Key="o")[0] == "AccessDenied"
    assert error(client("s3").list_objects_v2, Bucket=BUCKET)[0] == "AccessDenied"
    assert error(client("sagemaker").describe_pipeline, PipelineName="p")[0] == "ResourceNotFound"
    denied = error(
        client("sagemaker").delete_pipeline, PipelineName="p", ClientRequestToken="t" * 32
    )
    assert denied == ("AccessDeniedException", 400)
    assert error(client("scheduler").list_schedules) == ("AccessDeniedException", 403)
    assert error(client("iam").list_roles) == ("AccessDenied", 403)


def test_handing_a_role_on_is_a_permission_of_its_own(aws: SandboxAws) -> None:
    handed = make_role(aws, "handed", "sagemaker.amazonaws.com")
    arn = make_role(aws, "worker", ACCOUNT, allow("sagemaker:*"))
    given = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    sagemaker = aws.client_of("sagemaker", given)
    wish = {"ModelName": "m", "ExecutionRoleArn": handed, "PrimaryContainer": {"Image": "i"}}
    assert error(sagemaker.create_model, **wish) == ("AccessDeniedException", 400)

    passes = allow(
        "iam:PassRole", resource=handed,
        Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )  # fmt: skip
    set_policy(aws, "worker", allow("sagemaker:*"), passes)
    sagemaker.create_model(**wish)
