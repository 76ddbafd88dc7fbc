"""AWS: the session, what Pulumi needs to enter it, and whose account it is."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from provisioning.clouds import sandbox_clock
from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, Cloud

CONNECT_SECONDS = 3
READ_SECONDS = 20
ATTEMPTS = 4
# Their descriptions are small, and every Blueprint asks some of them about its triggers.
ASKED_BY_ALL = ("scheduler", "events", "s3")
SPARE: list[botocore.session.Session] = []


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
                    service, endpoint_url=endpoint, config=_config(self.sandbox)
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


def load() -> None:
    """Nothing is connected to. What is read from files is kept by our loader; a process forked
    from this one has a session's core, which takes a while to make, for its first session."""
    core = _core()
    none = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "-")
    for service in ASKED_BY_ALL:
        client = core.create_client(service, region_name="us-east-1", **none)
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
    SPARE[:] = [_core()]


def open_session(access: Access) -> AwsSession:
    return AwsSession(access)


def check_identity(access: Access) -> str:
    return str(AwsSession(access).caller()["Account"])


def environment(access: Access) -> dict[str, str]:
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
    """With this credential only."""
    return boto3.Session(
        aws_access_key_id=access.credential.reveal("access_key_id"),
        aws_secret_access_key=access.credential.reveal("secret_access_key"),
        aws_session_token=access.credential.reveal("session_token"),
        region_name=access.region,
        botocore_session=SPARE.pop() if SPARE else _core(),
    )


def _core() -> botocore.session.Session:
    """No profile or file of this machine mixes in."""
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    core.set_config_variable("config_file", os.devnull)
    core.set_config_variable("credentials_file", os.devnull)
    core.register_component("data_loader", _loader())
    return core


@cache
def _loader() -> Loader:
    """One for all sessions: it keeps the service models, megabytes of JSON, once read."""
    return Loader()


def _config(sandbox: bool) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        user_agent_appid="skyclock",
        ignore_configured_endpoint_urls=True,
        # Loopback: no proxy that the environment names, no host name per bucket.
        proxies={} if sandbox else None,
        s3={"addressing_style": "path"} if sandbox else None,
    )
