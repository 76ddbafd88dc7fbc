"""The providers' configuration: which account, subscription or project, and which region.

All of it is in options that the real providers have as well, but for the name of an identity that
the sandbox was told: the real ones have theirs from the environment, which a running provider
does not see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import provider_pb2

from provisioning.contracts import IDENTITY_OPTION
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.values import UNKNOWN_TEXT, Properties, is_unknown


@dataclass(frozen=True)
class Options:
    """Where a package's configuration has what the sandbox needs."""

    account: str
    form: str  # of the account
    example: str
    region: str
    tags: str = ""
    listed: bool = False  # the account stands in a list of one


_AWS = Options(
    account="allowedAccountIds",
    form=r"\d{12}",
    example="a list of one 12-digit account",
    region="region",
    tags="defaultTags",
    listed=True,
)
OPTIONS = {
    "aws": _AWS,
    "aws-native": _AWS,
    "azure-native": Options(
        account="subscriptionId",
        form=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        example="a subscription's id",
        region="location",
    ),
    "gcp": Options(
        account="project",
        form=r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
        example="a project's id",
        region="region",
        tags="defaultLabels",
    ),
}


@dataclass(frozen=True)
class ProviderConfig:
    package: str
    account: str
    region: str
    default_tags: dict[str, str]
    identity: str = ""  # empty: the ready-made one of the account


def read_config(package: str, values: Mapping[str, Any]) -> ProviderConfig:
    options = OPTIONS.get(package, _AWS)
    account = _parsed(values.get(options.account))
    if options.listed:
        account = account[0] if isinstance(account, list) and len(account) == 1 else ""
    tags = _parsed(values.get(options.tags)) if options.tags else None
    if options.tags == "defaultTags":
        tags = tags.get("tags") if isinstance(tags, dict) else None
    return ProviderConfig(
        package=package,
        account=str(account or ""),
        region=str(values.get(options.region) or ""),
        default_tags={str(k): str(v) for k, v in tags.items()} if isinstance(tags, dict) else {},
        identity=str(values.get(IDENTITY_OPTION) or ""),
    )


def _parsed(value: Any) -> Any:
    """Nested configuration comes as a value or as its JSON text, by who wrote it."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.loads(value)
    return value


def config_failures(package: str, news: Properties) -> list[Failure]:
    """The sandbox cannot guess an account; a real provider has it from the credentials."""
    options = OPTIONS.get(package, _AWS)
    failures = []
    if not news.get(options.region):
        reason = f"missing {options.region} configuration: set {package}:{options.region}"
        failures.append(Failure((options.region,), reason))
    account = news.get(options.account)
    if not (is_unknown(account) or account == UNKNOWN_TEXT) and not _one_account(package, news):
        failures.append(
            Failure(
                (options.account,),
                "the sandbox takes its account from here: "
                f"set {package}:{options.account} to {options.example}",
            )
        )
    return failures


def _one_account(package: str, news: Properties) -> bool:
    try:
        account = read_config(package, news).account
    except ValueError:
        return False
    return bool(re.fullmatch(OPTIONS.get(package, _AWS).form, account))


def diff_config(package: str, olds: Properties, news: Properties) -> Any:
    """Another account or region holds none of the old resources: replace them all."""
    options = OPTIONS.get(package, _AWS)
    before, after = read_config(package, olds), read_config(package, news)
    replaces = [
        name
        for name, old, new in (
            (options.account, before.account, after.account),
            (options.region, before.region, after.region),
        )
        # A region that is not known yet is no other region.
        if old != new and not is_unknown(news.get(name))
    ]
    diffs = [*replaces]
    if options.tags and before.default_tags != after.default_tags:
        diffs.append(options.tags)
    some = provider_pb2.DiffResponse.DIFF_SOME if diffs else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=some, diffs=diffs, replaces=replaces)
