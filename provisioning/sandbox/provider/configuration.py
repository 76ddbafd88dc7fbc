"""The providers' configuration: which account and region to work in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import provider_pb2

from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.values import UNKNOWN_TEXT, Properties, is_unknown


@dataclass(frozen=True)
class ProviderConfig:
    account: str
    region: str
    default_tags: dict[str, str]


def read_config(values: Mapping[str, Any]) -> ProviderConfig:
    accounts = _parsed(values.get("allowedAccountIds"))
    tags = _parsed(values.get("defaultTags"))
    return ProviderConfig(
        account=str(accounts[0]) if isinstance(accounts, list) and len(accounts) == 1 else "",
        region=str(values.get("region") or ""),
        default_tags=_tags(tags.get("tags")) if isinstance(tags, dict) else {},
    )


def _tags(found: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in (found or {}).items()}


def _parsed(value: Any) -> Any:
    """Nested configuration comes as a value or as its JSON text, by who wrote it."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.loads(value)
    return value


def config_failures(package: str, news: Properties) -> list[Failure]:
    """The sandbox cannot guess an account; a real provider has it from the credentials."""
    failures = []
    if not news.get("region"):
        failures.append(Failure(("region",), f"missing region configuration: set {package}:region"))
    accounts = news.get("allowedAccountIds")
    if not (is_unknown(accounts) or accounts == UNKNOWN_TEXT) and not _one_account(news):
        failures.append(
            Failure(
                ("allowedAccountIds",),
                "the sandbox takes its account from here: "
                f"set {package}:allowedAccountIds to a list of one 12-digit account",
            )
        )
    return failures


def _one_account(news: Properties) -> bool:
    try:
        return bool(re.fullmatch(r"\d{12}", read_config(news).account))
    except ValueError:
        return False


def diff_config(olds: Properties, news: Properties) -> Any:
    """Another account or region holds none of the old resources: replace them all."""
    before, after = read_config(olds), read_config(news)
    replaces = [
        name
        for name, old, new in (
            ("allowedAccountIds", before.account, after.account),
            ("region", before.region, after.region),
        )
        # A region that is not known yet is no other region.
        if old != new and not is_unknown(news.get(name))
    ]
    diffs = [*replaces]
    if before.default_tags != after.default_tags:
        diffs.append("defaultTags")
    some = provider_pb2.DiffResponse.DIFF_SOME if diffs else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=some, diffs=diffs, replaces=replaces)
