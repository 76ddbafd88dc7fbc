"""Signature Version 4, as the official SDK makes it, and what is said of wrong ones."""

from __future__ import annotations

import http.client
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from provisioning.sandbox.faults import Fault
from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, REGION, SandboxAws

pytestmark = pytest.mark.sandbox

KEY, SECRET = f"AKIA{ACCOUNT}SBOX", f"sandbox-only-key-of-account-{ACCOUNT}"
SERVICES = {
    "sts": ("get_caller_identity", {}), "iam": ("list_roles", {}), "s3": ("list_buckets", {}),
    "sagemaker": ("list_pipelines", {}), "scheduler": ("list_schedules", {}),
    "sqs": ("list_queues", {}), "lambda": ("list_functions", {}), "events": ("list_rules", {}),
    "stepfunctions": ("list_state_machines", {}), "logs": ("describe_log_groups", {}),
}  # fmt: skip


def refusal(call: Any, *arguments: Any, **keywords: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call(*arguments, **keywords)
    response = refused.value.response
    found = response["Error"]
    return found["Code"], found["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def ask(aws: SandboxAws, request: AWSRequest) -> tuple[int, str]:
    """Send what botocore has signed, byte for byte."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=60)
    try:
        target = request.url.partition(f":{aws.port}")[2] or "/"
        connection.request(request.method, target, request.data, dict(request.headers))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def made(aws: SandboxAws, path: str = "/", method: str = "GET", body: bytes = b"") -> AWSRequest:
    url = f"http://127.0.0.1:{aws.port}{path}"
    request = AWSRequest(method=method, url=url, data=body)
    request.headers["Host"] = f"127.0.0.1:{aws.port}"
    return request


def signed(
    aws: SandboxAws, path: str = "/", *, at: timedelta = timedelta(0), **more: Any
) -> AWSRequest:
    """A request to S3 that was signed some time ago."""
    request = made(aws, path, **more)

    class Auth(S3SigV4Auth):
        def add_auth(self, request: AWSRequest) -> None:
            moment = datetime.now(UTC) + at
            request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
            self._modify_request_before_signing(request)
            canonical = self.canonical_request(request)
            text = self.string_to_sign(request, canonical)
            self._inject_signature_to_request(request, self.signature(text, request))

    Auth(Credentials(KEY, SECRET), "s3", REGION).add_auth(request)
    return request


@pytest.mark.parametrize("service", SERVICES)
def test_right_signatures_are_taken_and_wrong_ones_refused(aws: SandboxAws, service: str) -> None:
    operation, arguments = SERVICES[service]
    getattr(aws.client_with_key(service, KEY, secret=SECRET), operation)(**arguments)

    code, message, status = refusal(
        getattr(aws.client_with_key(service, KEY, secret="another"), operation), **arguments
    )
    expected = ("SignatureDoesNotMatch" if service in ("sts", "iam", "s3") else
                "InvalidSignatureException")  # fmt: skip
    assert code == expected and message.startswith("The request signature we calculated")
    assert status == (400 if service in ("sagemaker", "sqs", "events", "stepfunctions", "logs")
                      else 403)  # fmt: skip


@pytest.mark.parametrize("key", ["a b/c+d(1)!.csv", "ü/é~x'*", "//double//", "percent%41/x=y&z"])
def test_keys_with_every_kind_of_character_can_be_written(aws: SandboxAws, key: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"1", Metadata={"a": "two   spaces "})
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"1"
    s3.put_object_tagging(Bucket=BUCKET, Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=key, Delimiter="§")["KeyCount"] == 1
    s3.delete_object(Bucket=BUCKET, Key=key)


def test_names_in_paths_are_encoded_twice_but_for_s3(aws: SandboxAws) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"
    code, _, status = refusal(aws.client("lambda").get_function, FunctionName=arn)
    assert (code, status) == ("ResourceNotFoundException", 404)
    scheduler = aws.client("scheduler")
    arn = scheduler.create_schedule_group(Name="g")["ScheduleGroupArn"]
    assert "/" in arn and scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == []


def test_streams_and_big_uploads_are_taken(aws: SandboxAws) -> None:
    for algorithm in (None, "SHA256", "CRC32"):
        s3 = aws.client("s3")
        more = {"ChecksumAlgorithm": algorithm} if algorithm else {}
        s3.put_object(Bucket=BUCKET, Key="stream", Body=io.BytesIO(b"x" * 70_000), **more)
        assert s3.head_object(Bucket=BUCKET, Key="stream")["ContentLength"] == 70_000
    s3.upload_fileobj(io.BytesIO(b"y" * 9_000_000), BUCKET, "parts")
    assert s3.head_object(Bucket=BUCKET, Key="parts")["ContentLength"] == 9_000_000


def test_unsigned_and_chunked_payloads_are_taken(aws: SandboxAws) -> None:
    request = made(aws, f"/{BUCKET}/unsigned", "PUT", b"abc")
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"

    class Unsigned(S3SigV4Auth):
        def _modify_request_before_signing(self, request: AWSRequest) -> None:
            SigV4Auth._modify_request_before_signing(self, request)

        def payload(self, request: AWSRequest) -> str:
            return request.headers["X-Amz-Content-SHA256"]

    Unsigned(Credentials(KEY, SECRET), "s3", REGION).add_auth(request)
    assert ask(aws, request)[0] == 200

    body = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n"
    request = made(aws, f"/{BUCKET}/chunked", "PUT", body)
    request.headers.add_header("X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    request.headers.add_header("Content-Encoding", "aws-chunked")
    request.headers.add_header("X-Amz-Decoded-Content-Length", "3")
    request.headers.add_header("X-Amz-Trailer", "x-amz-checksum-crc32")
    Unsigned(Credentials(KEY, SECRET), "s3", REGION).add_auth(request)
    assert ask(aws, request)[0] == 200
    held = aws.client("s3").get_object(Bucket=BUCKET, Key="chunked")["Body"].read()
    assert held == b"abc"


def test_a_body_that_was_changed_on_the_way_is_refused(aws: SandboxAws) -> None:
    request = signed(aws, f"/{BUCKET}/changed", method="PUT", body=b"right")
    request.data = b"wrong"
    status, text = ask(aws, request)
    assert status == 400 and "XAmzContentSHA256Mismatch" in text


def test_presigned_addresses_work_until_they_expire(aws: SandboxAws) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key="a b.txt", Body=b"1")
    url = presigner(aws).generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": "a b.txt"}, ExpiresIn=60
    )
    assert ask(aws, AWSRequest("GET", url)) == (200, "1")
    assert "SignatureDoesNotMatch" in ask(aws, AWSRequest("GET", url.replace("a%20b", "b")))[1]
    status, text = ask(aws, AWSRequest("GET", url.replace("Expires=60", "Expires=9000000")))
    assert status == 400 and "AuthorizationQueryParametersError" in text
    skew(aws, 120)
    status, text = ask(aws, AWSRequest("GET", url))
    assert status == 403 and "Request has expired" in text


def presigner(aws: SandboxAws) -> Any:
    return boto3.client(
        "s3", region_name=REGION, endpoint_url=f"http://127.0.0.1:{aws.port}",
        aws_access_key_id=KEY, aws_secret_access_key=SECRET,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )  # fmt: skip


def test_a_presigned_identity_is_told(aws: SandboxAws) -> None:
    request = made(aws, "/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(Credentials(KEY, SECRET), "sts", REGION, expires=60).add_auth(request)
    status, text = ask(aws, request)
    assert status == 200 and f":{ACCOUNT}:user/sandbox<" in text
    changed = AWSRequest("GET", request.url.replace("GetCallerIdentity", "GetSessionToken"))
    assert "SignatureDoesNotMatch" in ask(aws, changed)[1]


def skew(aws: SandboxAws, seconds: float, match: str = "*") -> None:
    with aws.world.lock:
        aws.world.faults.table.put(Fault(kind="skew", cloud="aws", match=match, seconds=seconds))


@pytest.mark.parametrize(
    ("service", "seconds", "code", "message"),
    [
        ("s3", 1000, "RequestTimeTooSkewed", "The difference between the request time"),
        ("s3", -1000, "RequestTimeTooSkewed", "The difference between the request time"),
        ("sts", 1000, "SignatureDoesNotMatch", "Signature expired: "),
        ("sts", -1000, "SignatureDoesNotMatch", "Signature not yet current: "),
        ("sagemaker", 400, "InvalidSignatureException", "Signature expired: "),
        ("lambda", -400, "InvalidSignatureException", "Signature not yet current: "),
    ],
)
def test_a_skewed_clock_refuses_what_was_signed_at_another_time(
    aws: SandboxAws, service: str, seconds: float, code: str, message: str
) -> None:
    skew(aws, seconds, service)
    found = refusal(getattr(aws.client(service), SERVICES[service][0]))
    assert found[0] == code and found[1].startswith(message)


def test_a_little_skew_is_tolerated_and_shown_in_the_date(aws: SandboxAws) -> None:
    skew(aws, 200)
    answer = aws.client("sts").get_caller_identity()
    told = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    told_at = datetime.strptime(told, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert 100 < (told_at - datetime.now(UTC)).total_seconds() < 210


def test_old_signatures_are_refused(aws: SandboxAws) -> None:
    assert ask(aws, signed(aws, at=-timedelta(minutes=10)))[0] == 200
    status, text = ask(aws, signed(aws, at=-timedelta(minutes=20)))
    assert status == 403 and "RequestTimeTooSkewed" in text


def test_incomplete_signatures_are_told_what_they_lack(aws: SandboxAws) -> None:
    scope = f"{KEY}/20270301/{REGION}/sts/aws4_request"
    request = made(aws)
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}"
    status, text = ask(aws, request)
    assert status == 400 and "IncompleteSignature" in text
    assert "Authorization header requires 'Signature' parameter." in text
