"""What sessions of AWS are made from: botocore without anything of this machine mixed in."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from importlib import import_module

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

CONNECT_SECONDS = 3
READ_SECONDS = 20
ATTEMPTS = 4
SPARE: list[botocore.session.Session] = []


def load(services: Iterable[str]) -> None:
    """Nothing is connected to. What is read from files is kept by our loader; a process forked
    from this one has a session's core, which takes a while to make, for its first session."""
    made = core()
    none = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "-")
    for service in services:
        client = made.create_client(service, region_name="us-east-1", **none)
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
    import_module("boto3.s3.inject")  # which boto3 does with its first client of S3
    SPARE[:] = [core()]


def core() -> botocore.session.Session:
    """No profile or file of this machine mixes in."""
    made = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    made.set_config_variable("config_file", os.devnull)
    made.set_config_variable("credentials_file", os.devnull)
    made.register_component("data_loader", _loader())
    return made


def first() -> botocore.session.Session:
    return SPARE.pop() if SPARE else core()


def of_the_machine() -> botocore.session.Session:
    """With what this machine has of AWS: a profile, an instance's or a task's role."""
    made = botocore.session.Session()
    made.register_component("data_loader", _loader())
    return made


def config(sandbox: bool) -> Config:
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


@cache
def _loader() -> Loader:
    """One for all sessions: it keeps the service models, megabytes of JSON, once read."""
    return Loader()
