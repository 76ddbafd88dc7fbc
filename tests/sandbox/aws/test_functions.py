"""Lambda functions whose code really runs."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from typing import Any

import psutil
import pytest

from tests.sandbox.aws.conftest import ACCOUNT, BUCKET, REGION, SandboxAws, allow, set_policy
from tests.sandbox.aws.functions import (
    LOGGING,
    function_arn,
    invoke,
    log_lines,
    make_function,
    zipped,
)
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

ECHO = """
    def main(event, context):
        print("hello", event["name"])
        return {"greeted": event["name"], "request": context.aws_request_id}
"""


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_handler_runs_and_its_output_is_in_cloudwatch(aws: SandboxAws) -> None:
    make_function(aws, "echo", ECHO)

    answer = invoke(aws, "echo", {"name": "ann"}, LogType="Tail")

    request = answer["Payload"]["request"]
    assert answer["Payload"]["greeted"] == "ann"
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert base64.b64decode(answer["LogResult"]).decode() == "hello ann"
    init, *lines, report = log_lines(aws, "echo")
    assert init.startswith("INIT_START Runtime Version: python:3.12")
    assert lines == [f"START RequestId: {request} Version: $LATEST", "hello ann",
                     f"END RequestId: {request}"]  # fmt: skip
    assert report.startswith(f"REPORT RequestId: {request}\tDuration: ")
    assert "\tMemory Size: 128 MB\tMax Memory Used: " in report


def test_environments_stay_warm(aws: SandboxAws) -> None:
    code = """
        import os
        calls = []
        def main(event, context):
            calls.append(1)
            return [os.getpid(), len(calls)]
    """
    make_function(aws, "counts", code)

    answers = [invoke(aws, "counts")["Payload"] for _ in range(3)]

    assert len({pid for pid, _ in answers}) == 1
    assert [count for _, count in answers] == [1, 2, 3]
    assert sum(line.startswith("INIT_START") for line in log_lines(aws, "counts")) == 1


def test_it_sees_what_lambda_sets_and_nothing_of_this_machine(
    aws: SandboxAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_SECRET", "ours")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "ours")
    code = "import os\ndef main(event, context): return dict(os.environ)"
    make_function(aws, "env", code, Environment={"Variables": {"TABLE": "t1"}})

    found = invoke(aws, "env")["Payload"]

    assert found["TABLE"] == "t1"
    assert found["AWS_REGION"] == REGION
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "env"
    assert found["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{aws.port}"
    assert found["_HANDLER"] == "handler.main"
    usual = {"LANG", "LAMBDA_TASK_ROOT", "PATH", "TABLE", "TMPDIR", "TZ", "_HANDLER"}
    assert {name for name in found if not name.startswith("AWS_")} <= usual | {"LC_CTYPE"}
    assert "ours" not in found.values()


def test_it_has_the_sdk_and_no_other_package(aws: SandboxAws) -> None:
    code = """
        def main(event, context):
            import importlib
            found = {}
            for name in ("boto3", "django", "moto", "pulumi", "provisioning", "requests"):
                try:
                    importlib.import_module(name)
                    found[name] = True
                except ImportError:
                    found[name] = False
            return found
    """
    make_function(aws, "imports", code)

    found = invoke(aws, "imports")["Payload"]

    assert [name for name, there in found.items() if there] == ["boto3"]


def test_its_role_says_what_it_may_do(aws: SandboxAws) -> None:
    code = f"""
        import boto3
        from botocore.exceptions import ClientError
        def main(event, context):
            who = boto3.client("sts").get_caller_identity()["Arn"]
            try:
                boto3.client("s3").put_object(Bucket="{BUCKET}", Key="from/it", Body=b"x")
            except ClientError as error:
                return [who, error.response["Error"]]
            return [who, None]
    """
    make_function(aws, "writes", code)

    who, refused = invoke(aws, "writes")["Payload"]
    assert who == f"arn:aws:sts::{ACCOUNT}:assumed-role/writes-role/writes"
    assert refused["Code"] == "AccessDenied"
    assert refused["Message"] == (
        f"User: {who} is not authorized to perform: s3:PutObject on resource: "
        f"arn:aws:s3:::{BUCKET}/from/it because no identity-based policy allows the "
        "s3:PutObject action"
    )

    # The very environment that is warm may do it now.
    write = allow("s3:PutObject", resource=f"arn:aws:s3:::{BUCKET}/from/*")
    set_policy(aws, "writes-role", LOGGING, write)
    assert invoke(aws, "writes")["Payload"][1] is None
    assert aws.client("s3").get_object(Bucket=BUCKET, Key="from/it")["Body"].read() == b"x"


def test_a_role_without_the_permission_leaves_no_log(aws: SandboxAws) -> None:
    make_function(aws, "echo", ECHO)
    set_policy(aws, "echo-role", allow("s3:GetObject"))

    assert invoke(aws, "echo", {"name": "ann"})["Payload"]["greeted"] == "ann"
    assert log_lines(aws, "echo") == []


def test_an_error_of_the_handler_is_told(aws: SandboxAws) -> None:
    make_function(aws, "fails", "def main(event, context):\n    raise ValueError('no such data')")

    answer = invoke(aws, "fails")

    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    payload = answer["Payload"]
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "no such data")
    assert "handler.py" in payload["stackTrace"][0]
    (logged,) = [line for line in log_lines(aws, "fails") if line.startswith("[ERROR]")]
    assert logged.startswith("[ERROR] ValueError: no such data\nTraceback (most recent call last):")


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("import nowhere", "Runtime.ImportModuleError",
         "Unable to import module 'handler': No module named 'nowhere'"),
        ("def other(event, context): pass", "Runtime.HandlerNotFound",
         "Handler 'main' missing on module 'handler'"),
        ("def main(", "Runtime.UserCodeSyntaxError", "Syntax error in module 'handler': "),
        ("def main(event, context): return {1, 2}", "Runtime.MarshalError",
         "Unable to marshal response: Object of type set is not JSON serializable"),
    ],
)  # fmt: skip
def test_code_that_cannot_run_is_told(aws: SandboxAws, code: str, kind: str, message: str) -> None:
    make_function(aws, "broken", code)

    payload = invoke(aws, "broken")["Payload"]

    assert payload["errorType"] == kind
    assert payload["errorMessage"].startswith(message)


def test_a_handler_that_takes_too_long_is_ended(aws: SandboxAws) -> None:
    code = """
        import subprocess, time
        def main(event, context):
            child = subprocess.Popen(["sleep", "60"])
            print("child", child.pid, context.get_remaining_time_in_millis() <= 1000)
            time.sleep(60 if event.get("slow") else 0)
    """
    make_function(aws, "slow", code, Timeout=1)

    started = time.monotonic()
    answer = invoke(aws, "slow", {"slow": True})
    assert time.monotonic() - started < 50

    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    (line,) = [line for line in log_lines(aws, "slow") if line.startswith("child")]
    assert line.endswith("True")
    assert not runs(int(line.split()[1])), "what it started ended with it"
    assert "FunctionError" not in invoke(aws, "slow"), "the next one has an environment of its own"


def test_a_handler_that_ends_its_process_is_told(aws: SandboxAws) -> None:
    make_function(aws, "exits", "import os\ndef main(event, context): os._exit(3)")

    payload = invoke(aws, "exits")["Payload"]

    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: exit status 3")


def test_new_code_is_what_runs_next(aws: SandboxAws) -> None:
    make_function(aws, "app", "def main(event, context): return 1")
    before = invoke(aws, "app")["Payload"]
    client = aws.client("lambda")
    first = client.get_function_configuration(FunctionName="app")

    code = zipped(handler="import os\ndef main(event, context): return os.environ.get('A', 2)")
    client.update_function_code(FunctionName="app", ZipFile=code)
    second = invoke(aws, "app")["Payload"]
    client.update_function_configuration(FunctionName="app", Environment={"Variables": {"A": "3"}})
    last = client.get_function(FunctionName="app")["Configuration"]

    assert [before, second, invoke(aws, "app")["Payload"]] == [1, 2, "3"]
    assert first["CodeSha256"] != last["CodeSha256"]
    assert first["RevisionId"] != last["RevisionId"]
    assert last["Environment"]["Variables"] == {"A": "3"}


def test_code_may_come_from_s3(aws: SandboxAws) -> None:
    body = zipped(handler="def main(event, context): return 'from s3'")
    aws.client("s3").put_object(Bucket=BUCKET, Key="code.zip", Body=body)
    make_function(aws, "app", "def main(event, context): return 1")

    aws.client("lambda").update_function_code(FunctionName="app", S3Bucket=BUCKET, S3Key="code.zip")

    assert invoke(aws, "app")["Payload"] == "from s3"


def test_nothing_runs_on_when_the_sandbox_ends(aws: SandboxAws) -> None:
    make_function(aws, "pid", "import os\ndef main(event, context): return os.getpid()")
    pid = invoke(aws, "pid")["Payload"]
    assert runs(pid)

    aws.restart()

    assert not runs(pid)
    assert invoke(aws, "pid")["Payload"] != pid, "the function itself is still there"


def test_an_environment_that_was_killed_is_replaced(aws: SandboxAws) -> None:
    make_function(aws, "pid", "import os\ndef main(event, context): return os.getpid()")
    pid = invoke(aws, "pid")["Payload"]

    os.kill(pid, signal.SIGKILL)
    while runs(pid):
        time.sleep(0.02)

    answers = [invoke(aws, "pid")["Payload"] for _ in range(2)]
    assert answers[1] not in (pid, None)


# ── What AWS refuses ────────────────────────────────────────────────────────────────


def test_functions_are_described_and_listed(aws: SandboxAws) -> None:
    arn = make_function(aws, "one", ECHO, Tags={"team": "data"}, Description="d")
    make_function(aws, "two", ECHO)
    client = aws.client("lambda")

    found = client.get_function(FunctionName=arn)
    assert found["Configuration"]["FunctionArn"] == arn == function_arn("one")
    assert found["Configuration"]["State"] == "Active"
    assert found["Tags"] == {"team": "data"}
    first = client.list_functions(MaxItems=1)
    rest = client.list_functions(Marker=first["NextMarker"])
    names = [each["FunctionName"] for each in first["Functions"] + rest["Functions"]]
    assert names == ["one", "two"]
    client.tag_resource(Resource=arn, Tags={"more": "1"})
    client.untag_resource(Resource=arn, TagKeys=["team"])
    assert client.list_tags(Resource=arn)["Tags"] == {"more": "1"}
    client.delete_function(FunctionName="two")
    assert error(client.get_function, FunctionName="two") == (
        "ResourceNotFoundException", f"Function not found: {function_arn('two')}",
    )  # fmt: skip


def test_a_name_is_taken_once(aws: SandboxAws) -> None:
    make_function(aws, "one", ECHO)
    role = f"arn:aws:iam::{ACCOUNT}:role/one-role"
    again = {"FunctionName": "one", "Runtime": "python3.12", "Handler": "a.b", "Role": role,
             "Code": {"ZipFile": zipped(a="")}}  # fmt: skip

    assert error(aws.client("lambda").create_function, **again) == (
        "ResourceConflictException", "Function already exist: one",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Role": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
         "The role defined for the function cannot be assumed by Lambda."),
        ({"Code": {"ZipFile": b"no zip"}}, "Could not unzip uploaded file. Please check your "
         "file, then try to upload again."),
        ({"Runtime": "python3.8"}, "The runtime parameter of python3.8 is no longer supported"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this request"),
    ],
)  # fmt: skip
def test_a_function_that_aws_refuses_is_refused(
    aws: SandboxAws, change: dict[str, Any], message: str
) -> None:
    make_function(aws, "other", ECHO)
    given = {"FunctionName": "one", "Runtime": "python3.12", "Handler": "a.b",
             "Role": f"arn:aws:iam::{ACCOUNT}:role/other-role",
             "Code": {"ZipFile": zipped(a="")}}  # fmt: skip

    code, said = error(aws.client("lambda").create_function, **{**given, **change})

    assert code == "InvalidParameterValueException"
    assert message in said


def test_the_functions_own_policy(aws: SandboxAws) -> None:
    arn = make_function(aws, "one", ECHO)
    client = aws.client("lambda")
    assert error(client.get_policy, FunctionName="one")[0] == "ResourceNotFoundException"

    given = {"FunctionName": "one", "StatementId": "s3", "Action": "lambda:InvokeFunction",
             "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b",
             "SourceAccount": ACCOUNT}  # fmt: skip
    statement = json.loads(client.add_permission(**given)["Statement"])

    assert statement == {
        "Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT},
                      "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}},
    }  # fmt: skip
    assert json.loads(client.get_policy(FunctionName="one")["Policy"])["Statement"] == [statement]
    assert error(client.add_permission, **given)[0] == "ResourceConflictException"
    client.remove_permission(FunctionName="one", StatementId="s3")
    assert error(client.remove_permission, FunctionName="one", StatementId="s3")[0] == (
        "ResourceNotFoundException"
    )
