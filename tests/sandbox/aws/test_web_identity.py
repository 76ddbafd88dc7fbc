"""AssumeRoleWithWebIdentity: an issuer, a provider in IAM, and a role that trusts it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, SandboxAws, allow, set_policy
from tests.sandbox.aws.test_assuming_roles import trusting
from tests.sandbox.aws.test_signatures import refusal, skew
from tests.sandbox.issuer import Issuer, running_issuer

pytestmark = pytest.mark.sandbox

AUDIENCE, SUBJECT = "sts.amazonaws.com", "skyclock:connection:1"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


def provide(aws: SandboxAws, issuer: Issuer, **conditions: str) -> str:
    """A provider for the issuer and a role that trusts it; the role's ARN."""
    iam = aws.client("iam")
    provider = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=[AUDIENCE])
    name = issuer.url.partition("://")[2]
    trust = trusting(
        {"Federated": provider["OpenIDConnectProviderArn"]},
        "sts:AssumeRoleWithWebIdentity",
        **{f"{name}:{key}": value for key, value in conditions.items()},
    )
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]
    set_policy(aws, "worker", allow("s3:ListBucket"))
    return str(role["Arn"])


def assume(aws: SandboxAws, arn: str, token: str, **more: Any) -> dict[str, Any]:
    """As somebody who has no key at all."""
    sts = boto3.client(
        "sts", region_name="eu-west-1", endpoint_url=f"http://127.0.0.1:{aws.port}",
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )  # fmt: skip
    answer: dict[str, Any] = sts.assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="s1", WebIdentityToken=token, **more
    )
    return answer


def test_a_token_is_exchanged_for_a_session(aws: SandboxAws, issuer: Issuer) -> None:
    arn = provide(aws, issuer, aud=AUDIENCE, sub=SUBJECT)
    answer = assume(aws, arn, issuer.token(aud=AUDIENCE), DurationSeconds=900)
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT and answer["Audience"] == AUDIENCE
    assert answer["Provider"].endswith(f"oidc-provider/{issuer.url.partition('://')[2]}")
    given = answer["Credentials"]
    aws.restart()
    aws.client_of("s3", given).list_objects_v2(Bucket=BUCKET)
    assert refusal(aws.client_of("sqs", given).list_queues)[0] == "AccessDenied"


def test_the_trust_policy_asks_for_subject_and_audience(aws: SandboxAws, issuer: Issuer) -> None:
    arn = provide(aws, issuer, sub="skyclock:connection:2")
    for each in (arn, arn.replace("worker", "none")):
        code, message, status = refusal(assume, aws, each, issuer.token(aud=AUDIENCE))
        assert (code, status) == ("AccessDenied", 403)
        assert message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize(
    ("claims", "code", "message"),
    [
        ({"aud": "else"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"ago": 4000}, "ExpiredTokenException", "Token expired: current date/time"),
        ({"ago": -4000}, "InvalidIdentityToken", "not valid yet"),
        ({"key": "stolen"}, "InvalidIdentityToken", "Couldn't retrieve verification key"),
        ({"key": "stolen", "header": {"kid": "one"}}, "InvalidIdentityToken", "Signature"),
        ({"iss": "http://127.0.0.1:9"}, "InvalidIdentityToken",
         "No OpenIDConnect provider found in your account for http://127.0.0.1:9"),
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_wrong_is_refused_in_awss_words(
    aws: SandboxAws, issuer: Issuer, claims: dict[str, Any], code: str, message: str
) -> None:
    issuer.new_key("stolen", publish=False)
    arn = provide(aws, issuer)
    found = refusal(assume, aws, arn, issuer.token(**{"aud": AUDIENCE, **claims}))
    assert found[0] == code and message in found[1] and found[2] == 400


def test_what_is_no_token_and_whose_issuer_is_away_is_refused(aws: SandboxAws) -> None:
    with running_issuer() as gone:
        arn, token = provide(aws, gone), gone.token(aud=AUDIENCE)
        assert refusal(assume, aws, arn, "no token")[0] == "InvalidIdentityToken"
    assert refusal(assume, aws, arn, token)[0] == "IDPCommunicationError"


def test_a_skewed_clock_takes_the_token_for_expired(aws: SandboxAws, issuer: Issuer) -> None:
    arn = provide(aws, issuer)
    skew(aws, 7200)
    found = refusal(assume, aws, arn, issuer.token(aud=AUDIENCE))
    assert found[0] == "ExpiredTokenException"


def test_providers_are_https_or_on_loopback(aws: SandboxAws) -> None:
    create = aws.client("iam").create_open_id_connect_provider
    for url in ("http://issuer.example", "ftp://127.0.0.1"):
        assert refusal(create, Url=url, ClientIDList=["a"])[0] == "ValidationError"
    made = create(Url="https://issuer.example/a", ClientIDList=["a"], ThumbprintList=["0" * 40])
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example/a"
    assert made["OpenIDConnectProviderArn"] == arn


def test_only_this_operation_needs_no_signature(aws: SandboxAws, issuer: Issuer) -> None:
    form = "Action=ListRoles&Action=AssumeRoleWithWebIdentity&Version=2010-05-08"
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=60)
    connection.request(
        "POST", "/", form, {"Content-Type": "application/x-www-form-urlencoded"}
    )  # fmt: skip
    answer = connection.getresponse()
    assert answer.status in (400, 403)
    connection.close()
