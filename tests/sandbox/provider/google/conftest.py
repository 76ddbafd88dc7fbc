from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.cloud import storage
from googleapiclient.discovery import build

from provisioning.contracts import Cloud
from tests.sandbox.google.conftest import credentials
from tests.sandbox_process import ACCOUNTS, SandboxProcess

PROJECT, REGION = ACCOUNTS[Cloud.GOOGLE]
PARENT = f"projects/{PROJECT}/locations/{REGION}"

Clients = Callable[..., Any]


@pytest.fixture
def clients(sandbox: SandboxProcess) -> Clients:
    """googleapiclient's clients of the sandbox, to look at what the engine did."""

    def client(name: str, version: str = "v1") -> Any:
        options = ClientOptions(api_endpoint=f"{sandbox.address.google_url}/{name}")
        return build(
            name,
            version,
            static_discovery=True,
            cache_discovery=False,
            credentials=credentials(PROJECT),
            client_options=options,
        )

    return client


@pytest.fixture
def objects(sandbox: SandboxProcess) -> storage.Client:
    return storage.Client(
        project=PROJECT,
        credentials=credentials(PROJECT),
        client_options={"api_endpoint": f"{sandbox.address.google_url}/storage"},
    )
