"""Functions, notifications and rules: changed in place, and put right after others."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws_sdk
import pytest

from tests.sandbox.aws.functions import zipped
from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import trust

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]
BUCKET = "event-resources"


def program(
    code: pulumi.Archive, *, suffix: str = ".csv", memory: int = 128, digest: str | None = None
) -> None:
    role = aws_sdk.iam.Role("role", name="event-resources", assume_role_policy=trust("lambda"))
    function = aws_sdk.lambda_.Function(
        "function", name="event-resources", role=role.arn, runtime="python3.12",
        handler="handler.main", code=code, code_sha256=digest, memory_size=memory,
    )  # fmt: skip
    bucket = aws_sdk.s3.Bucket("bucket", bucket=BUCKET)
    allowed = aws_sdk.lambda_.Permission(
        "allowed", function=function.arn, statement_id="s3", action="lambda:InvokeFunction",
        principal="s3.amazonaws.com", source_arn=bucket.arn,
    )  # fmt: skip
    aws_sdk.s3.BucketNotification(
        "notification",
        bucket=bucket.bucket,
        lambda_functions=[
            {"id": "t1", "lambda_function_arn": function.arn, "events": ["s3:ObjectCreated:*"],
             "filter_prefix": "data/", "filter_suffix": suffix}
        ],
        opts=pulumi.ResourceOptions(depends_on=[allowed]),
    )  # fmt: skip
    rule = aws_sdk.cloudwatch.EventRule(
        "rule", name="event-resources", state="ENABLED",
        event_pattern=json.dumps({"source": ["my.app"]}),
    )  # fmt: skip
    aws_sdk.cloudwatch.EventTarget("target", rule=rule.name, arn=function.arn, target_id="t")


def returning(value: int) -> pulumi.Archive:
    text = f"def main(event, context): return {value}"
    return pulumi.AssetArchive({"handler.py": pulumi.StringAsset(text)})


def invoke(aws: Client) -> Any:
    answer = aws("lambda").invoke(FunctionName="event-resources")
    return json.load(answer["Payload"])


def test_new_code_and_settings_come_in_place(
    stack: InlineStack, aws: Client, tmp_path: Path
) -> None:
    stack.up(lambda: program(returning(1)))
    assert invoke(aws) == 1
    assert stack.up(lambda: program(returning(1))) == {"same": 8}

    stack.up(lambda: program(returning(2), suffix=".json", memory=256))
    assert stack.steps() == [("update", "function"), ("update", "notification")]
    assert stack.changed_paths("function") == {"code", "memorySize"}
    assert stack.changed_paths("notification") == {"lambdaFunctions[0].filterSuffix"}
    assert invoke(aws) == 2

    folder = tmp_path / "code"
    (folder / "lib").mkdir(parents=True)
    (folder / "handler.py").write_text(
        "from lib.answer import ANSWER\ndef main(e, c): return ANSWER"
    )
    (folder / "lib" / "answer.py").write_text("ANSWER = 3")
    stack.up(lambda: program(pulumi.FileArchive(str(folder)), suffix=".json", memory=256))
    assert stack.steps() == [("update", "function")]
    assert invoke(aws) == 3


def test_what_others_changed_is_seen_and_put_right(stack: InlineStack, aws: Client) -> None:
    stack.up(lambda: program(returning(1)))
    aws("events").disable_rule(Name="event-resources")
    aws("lambda").remove_permission(FunctionName="event-resources", StatementId="s3")
    aws("lambda").update_function_configuration(FunctionName="event-resources", Timeout=9)
    aws("s3").put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})
    aws("events").remove_targets(Rule="event-resources", Ids=["t"])

    assert stack.refresh() == {"same": 3, "update": 3, "delete": 2}
    assert stack.resources()["rule"]["outputs"]["state"] == "DISABLED"

    stack.up(lambda: program(returning(1)))
    assert aws("lambda").get_function_configuration(FunctionName="event-resources")["Timeout"] == 3
    assert aws("lambda").get_policy(FunctionName="event-resources")
    found = aws("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    assert found["LambdaFunctionConfigurations"][0]["Id"] == "t1"
    assert aws("events").list_targets_by_rule(Rule="event-resources")["Targets"]


def test_code_that_others_changed_is_seen_and_put_right(
    stack: InlineStack, aws: Client, tmp_path: Path
) -> None:
    """Where the program says what the code's hash is; else nobody can tell."""
    body = zipped(handler="def main(event, context): return 1")
    (tmp_path / "ours.zip").write_bytes(body)
    ours = pulumi.FileArchive(str(tmp_path / "ours.zip"))
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    stack.up(lambda: program(ours, digest=digest))
    others = zipped(handler="def main(event, context): return 'others'")
    aws("lambda").update_function_code(FunctionName="event-resources", ZipFile=others)
    assert invoke(aws) == "others"

    assert stack.refresh() == {"same": 7, "update": 1}
    assert stack.up(lambda: program(ours, digest=digest)) == {"same": 7, "update": 1}
    assert invoke(aws) == 1
