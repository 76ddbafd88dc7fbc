"""Asking a cloud what time it is, where it does not answer."""

from __future__ import annotations

import socket

import pytest

from provisioning import clouds
from provisioning.clouds import dates, sandbox_credential
from provisioning.contracts import Access, Cloud, SandboxAddress
from provisioning.errors import CloudAway


def at(port: int) -> Access:
    url = f"http://127.0.0.1:{port}"
    address = SandboxAddress(
        control_url=url, aws_url=url, azure_url=url, google_url=url, provider=f"127.0.0.1:{port}"
    )
    return Access(
        cloud=Cloud.AWS, region="eu-west-1", account="111122223333",
        credential=sandbox_credential(Cloud.AWS, "111122223333"), sandbox=address,
    )  # fmt: skip


def test_nobody_there_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        free = closed.getsockname()[1]
    with pytest.raises(CloudAway) as away:
        clouds.date_of(at(free))
    assert str(away.value) == "127.0.0.1 could not be reached."


def test_silence_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.raises(CloudAway) as away:
        clouds.date_of(at(listening.getsockname()[1]))
    assert str(away.value) == "127.0.0.1 did not answer within 2 seconds."
