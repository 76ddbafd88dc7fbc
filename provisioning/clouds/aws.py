"""AWS: the session, what Pulumi needs to enter it, and whose account it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import boto3

from provisioning.clouds import aws_core, aws_sts, sandbox_clock
from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, Cloud
from provisioning.errors import NotPossible


class AwsSession:
    """One AWS account and region, entered. Threads may share it."""

    cloud = Cloud.AWS

    def __init__(self, access: Access) -> None:
        self.region = access.region
        self.account = access.account
        self.sandbox = access.sandbox is not None
        self._address = access.sandbox
        self._boto = _boto_session(access)
        self._clients: dict[str, Any] = {}
        self._lock = Lock()  # boto3's clients are safe for threads, making them is not

    def client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                endpoint = self._address.aws_url if self._address else None
                self._clients[service] = self._boto.client(
                    service, endpoint_url=endpoint, config=aws_core.config(self.sandbox)
                )
            return self._clients[service]

    def now(self) -> datetime:
        return sandbox_clock.read(self._address.control_url) if self._address else datetime.now(UTC)

    def identity(self) -> str:
        return str(self.caller()["Arn"])

    def caller(self) -> dict[str, Any]:
        """STS's answer: Account, Arn, UserId. Every credential may ask it."""
        with cloud_errors("see whose credential this is"):
            answer: dict[str, Any] = self.client("sts").get_caller_identity()
            return answer


def load(services: Iterable[str]) -> None:
    aws_core.load(services)


def open_session(access: Access) -> AwsSession:
    return AwsSession(access)


def check_identity(access: Access) -> str:
    return str(AwsSession(access).caller()["Account"])


def enter(access: Access) -> Access:
    return aws_sts.exchange(access)


def shown(access: Access) -> tuple[dict[str, str], datetime | None]:
    """The keys by which calls are signed, and until when."""
    names = ("access_key_id", "secret_access_key", "session_token")
    found = {name: access.credential.reveal(name) for name in names}
    return {name: value for name, value in found.items() if value}, access.expires_at


def environment(access: Access, folder: Path | None = None) -> dict[str, str]:
    """Of a role there are no keys before it is taken on."""
    if access.credential.method in aws_sts.EXCHANGED:
        raise NotPossible("The role has to be taken on before its keys can be handed over.")
    variables = {
        "AWS_ACCESS_KEY_ID": access.credential.reveal("access_key_id"),
        "AWS_SECRET_ACCESS_KEY": access.credential.reveal("secret_access_key"),
        "AWS_SESSION_TOKEN": access.credential.reveal("session_token"),
        "AWS_REGION": access.region,
        "AWS_DEFAULT_REGION": access.region,
        # What this machine has of AWS (a profile, an instance's role) must not mix in.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {name: value for name, value in variables.items() if value}


def pulumi_config(access: Access) -> dict[str, str]:
    """Both providers refuse to work in an account that is not the Connection's."""
    allowed = json.dumps([access.account])
    return {
        "aws:region": access.region,
        "aws:allowedAccountIds": allowed,
        "aws-native:region": access.region,
        "aws-native:allowedAccountIds": allowed,
    }


def _boto_session(access: Access) -> boto3.Session:
    """With this credential only. A role is taken on by the first call, and anew before it ends."""
    core = aws_core.first()
    if access.credential.method in aws_sts.EXCHANGED:
        core._credentials = aws_sts.refreshable(access)
        return boto3.Session(region_name=access.region, botocore_session=core)
    return boto3.Session(
        aws_access_key_id=access.credential.reveal("access_key_id"),
        aws_secret_access_key=access.credential.reveal("secret_access_key"),
        aws_session_token=access.credential.reveal("session_token"),
        region_name=access.region,
        botocore_session=core,
    )
