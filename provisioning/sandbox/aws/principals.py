"""Users and roles of the simulated IAM, and the policies that say what each may do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.decisions import Policies
from provisioning.sandbox.aws.moto_app import load_managed_policy


def find_role(arn: str) -> Any:
    """moto's role, or None."""
    account, name = _account_and_name(arn, "role")
    role = iam_backends[account]["aws"].roles if account else {}
    return next((each for each in list(role.values()) if each.arn == arn), None) if name else None


def find_user(arn: str) -> Any:
    """moto's user, or None."""
    account, name = _account_and_name(arn, "user")
    user = iam_backends[account]["aws"].users.get(name) if account else None
    return user if user and user.arn == arn else None


def find_group(arn: str) -> Any:
    account, name = _account_and_name(arn, "group")
    group = iam_backends[account]["aws"].groups.get(name) if account else None
    return group if group and group.arn == arn else None


def policies_of(caller: Caller) -> Policies:
    """Nobody's, where the role or the user is gone: then nothing is allowed."""
    if caller.role_arn:
        found = policies_of_role(find_role(caller.role_arn))
    else:
        found = policies_of_user(find_user(caller.user_arn))
    return Policies(found.identity, found.boundary, caller.session_policies)


def policies_of_role(role: Any) -> Policies:
    return Policies(_documents([role]), _boundary(role)) if role else Policies(())


def policies_of_user(user: Any) -> Policies:
    if user is None:
        return Policies(())
    groups = iam_backends[user.account_id]["aws"].get_groups_for_user(user.name)
    return Policies(_documents([user, *groups]), _boundary(user))


def policies_of_group(group: Any) -> Policies:
    return Policies(_documents([group]))


def managed_policy(arn: str, account: str) -> str | None:
    """The document of the default version, as the account sees it."""
    backend = iam_backends[account]["aws"]
    load_managed_policy(backend, arn)
    policy = backend.managed_policies.get(arn)
    return _default_document(policy) if policy else None


def trust_policy(role: Any) -> str:
    return text_of(role.assume_role_policy_document)


def text_of(document: Any) -> str:
    """moto keeps documents as they came: as text, sometimes with percent signs, or parsed."""
    text = document if isinstance(document, str) else json.dumps(document)
    return text if text.lstrip().startswith("{") else unquote(text)


def _documents(holders: Iterable[Any]) -> tuple[str, ...]:
    """The inline and the attached policies."""
    found: list[str] = []
    for holder in holders:
        found += [text_of(document) for document in list(holder.policies.values())]
        found += [_default_document(policy) for policy in list(holder.managed_policies.values())]
    return tuple(found)


def _boundary(holder: Any) -> tuple[str, ...] | None:
    arn = getattr(holder, "permissions_boundary_arn", None)
    if not arn:
        return None
    document = managed_policy(arn, holder.account_id)
    return (document,) if document else ()


def _default_document(policy: Any) -> str:
    return text_of(next(each.document for each in policy.versions if each.is_default))


def _account_and_name(arn: str, kind: str) -> tuple[str, str]:
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith(f"{kind}/"):
        return "", ""
    return parts[4], parts[5].rpartition("/")[2]
