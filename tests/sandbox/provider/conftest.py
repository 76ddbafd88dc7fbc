from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from provisioning.contracts import EngineCommand
from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox_process import ACCOUNT, REGION, SandboxProcess

CloudClient = Callable[..., Any]


@pytest.fixture
def stack(tmp_path: Path, engine: EngineCommand, sandbox: SandboxProcess) -> Iterator[InlineStack]:
    """A stack that a test may fill; whatever is left is destroyed."""
    inline = InlineStack(folder=tmp_path, engine=engine, sandbox=sandbox)
    yield inline
    if inline.made and inline.resources():
        inline.destroy()
    # A failed program leaves tasks whose errors are logged when they are collected. Python 3.11
    # parses source for that, and breaks whatever is parsing at that moment (python/cpython#106905).
    inline.made = None
    gc.collect()


@pytest.fixture
def aws(sandbox: SandboxProcess) -> CloudClient:
    """Plain boto3 clients of the sandbox, to look at what the engine did."""

    def client(service: str, *, account: str = ACCOUNT) -> Any:
        return boto3.client(
            service,
            endpoint_url=sandbox.address.aws_url,
            region_name=REGION,
            aws_access_key_id=f"AKIA{account}SBOX",
            aws_secret_access_key=f"sandbox-only-key-of-account-{account}",
        )

    return client
