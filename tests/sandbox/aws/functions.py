"""Functions that the tests make, and what they leave in CloudWatch."""

from __future__ import annotations

import io
import json
import textwrap
import time
import zipfile
from collections.abc import Callable
from typing import Any

from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, allow, make_role

SECONDS = 90
LOGGING = allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


def zipped(**files: str) -> bytes:
    """A zip file of modules: their names, and their code."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, code in files.items():
            archive.writestr(f"{name}.py", textwrap.dedent(code))
    return file.getvalue()


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def make_function(
    aws: SandboxAws, name: str, code: str, *statements: dict[str, Any], **more: Any
) -> str:
    """A function whose code is `code`, with a handler `main`; its ARN."""
    role = make_role(aws, f"{name}-role", "lambda.amazonaws.com", LOGGING, *statements)
    made = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="handler.main",
        Role=role,
        Code={"ZipFile": zipped(handler=code)},
        **{"Timeout": 20, **more},
    )
    return str(made["FunctionArn"])


def invoke(aws: SandboxAws, name: str, event: Any = None, **more: Any) -> dict[str, Any]:
    """What Invoke answers, its payload read."""
    answer: dict[str, Any] = aws.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps(event or {}), **more
    )
    text = answer["Payload"].read()
    return {**answer, "Payload": json.loads(text) if text else None}


def log_lines(aws: SandboxAws, name: str) -> list[str]:
    logs = aws.client("logs")
    group = f"/aws/lambda/{name}"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    found = logs.filter_log_events(logGroupName=group, limit=10_000)["events"]
    return [each["message"] for each in sorted(found, key=lambda each: each["timestamp"])]


def eventually(what: Callable[[], Any], *, seconds: float = SECONDS) -> Any:
    """The first answer that says something; code in processes of its own takes its time."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)
    return found
