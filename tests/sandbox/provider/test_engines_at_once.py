"""One daemon, several engines: each works in its own account, and none disturbs another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws_sdk
import pytest

from provisioning.contracts import EngineCommand
from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox_process import ROOT, SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

Client = Callable[..., Any]
ONE, TWO = "200000000001", "200000000002"


def start(
    operation: str, account: str, folder: Path, engine: EngineCommand, sandbox: SandboxProcess
) -> subprocess.Popen[bytes]:
    """An engine in a process of its own, since inline programs share their process badly."""
    script = [
        "from pathlib import Path",
        "from provisioning.contracts import EngineCommand",
        "from tests.sandbox.provider.inline_stack import InlineStack",
        "from tests.sandbox.provider.programs import same_names",
        "from tests.sandbox_process import SandboxProcess",
        f"sandbox = SandboxProcess(data=Path({str(sandbox.data)!r}), ports={sandbox.ports!r})",
        f"engine = EngineCommand(**{engine.model_dump()!r})",
        f"folder = Path({str(folder / account)!r})",
        f"stack = InlineStack(folder, engine, sandbox, account={account!r})",
        "print(stack.up(same_names))" if operation == "up" else "print(stack.destroy())",
    ]
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", "\n".join(script)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_two_stacks_of_one_name_fill_two_accounts_in_parallel(
    tmp_path: Path, engine: EngineCommand, sandbox: SandboxProcess, aws: Client
) -> None:
    def both(operation: str) -> None:
        running = [start(operation, each, tmp_path, engine, sandbox) for each in (ONE, TWO)]
        for process in running:
            output = process.communicate(timeout=100)[0].decode()
            assert process.returncode == 0, output

    both("up")
    for account in (ONE, TWO):
        arn = aws("iam", account=account).get_role(RoleName="same-role")["Role"]["Arn"]
        assert arn == f"arn:aws:iam::{account}:role/same-role"
        urls = aws("sqs", account=account).list_queues()["QueueUrls"]
        assert [url.rsplit("/", 2)[-2:] for url in urls] == [[account, "same-queue"]]

    both("destroy")
    for account in (ONE, TWO):
        assert "QueueUrls" not in aws("sqs", account=account).list_queues()


def test_two_providers_in_one_stack_keep_apart(stack: InlineStack, aws: Client) -> None:
    accounts = {"one": (ONE, "eu-west-1"), "two": (TWO, "us-west-2")}

    def program() -> None:
        for name, (account, region) in accounts.items():
            provider = aws_sdk.Provider(name, region=region, allowed_account_ids=[account])
            mine = pulumi.ResourceOptions(provider=provider)
            queue = aws_sdk.sqs.Queue(f"queue-{name}", name="apart", opts=mine)
            who = aws_sdk.get_caller_identity(opts=pulumi.InvokeOptions(provider=provider))
            pulumi.export(name, queue.arn)
            pulumi.export(f"who-{name}", who.account_id)

    stack.up(program)
    assert stack.outputs() == {
        "one": f"arn:aws:sqs:eu-west-1:{ONE}:apart",
        "two": f"arn:aws:sqs:us-west-2:{TWO}:apart",
        "who-one": ONE,
        "who-two": TWO,
    }
    assert stack.refresh()["same"] == 5


def test_another_region_replaces_everything(stack: InlineStack) -> None:
    def program(region: str, tags: dict[str, str] | None = None) -> None:
        provider = aws_sdk.Provider(
            "mine", region=region, allowed_account_ids=[ONE], default_tags={"tags": tags or {}}
        )
        mine = pulumi.ResourceOptions(provider=provider)
        aws_sdk.sqs.Queue("queue", name="moves", opts=mine)

    stack.up(lambda: program("eu-west-1"))
    moved = stack.up(lambda: program("eu-central-1"))
    assert moved["replace"] == 2
    assert stack.resources()["queue"]["outputs"]["region"] == "eu-central-1"
    stack.up(lambda: program("eu-central-1", {"owner": "us"}))
    assert stack.resources()["queue"]["outputs"]["tagsAll"] == {"owner": "us"}
