"""Taking on a role of AWS: what is stored, or an identity token, for keys that end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.credentials import DeferredRefreshableCredentials
from pydantic import SecretStr

from provisioning import masking
from provisioning.clouds import aws_base, aws_core
from provisioning.clouds.errors import cloud_errors
from provisioning.contracts import Access, Credential
from provisioning.errors import NotPossible

EXCHANGED = frozenset({"role", "web_identity"})
SECONDS = 3600
NAME = "skyclock"  # of the session, in CloudTrail, where the Connection has no row yet


def exchange(access: Access) -> Access:
    """With temporary keys instead of what is stored."""
    if access.credential.method not in EXCHANGED:
        return access
    given = _taken_on(access)
    keys = {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }
    fields = {name: SecretStr(value) for name, value in keys.items()}
    return access.model_copy(
        update={
            "credential": Credential(method="access_keys", fields=fields),
            "identity_token": None,
            "expires_at": _ends(given),
        }
    )


def refreshable(access: Access) -> DeferredRefreshableCredentials:
    """For long sessions: nothing is asked before the first call, and again before the end."""

    def fetch() -> dict[str, str]:
        given = _taken_on(access)
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": _ends(given).isoformat(),
        }

    return DeferredRefreshableCredentials(fetch, access.credential.method)


def _taken_on(access: Access) -> dict[str, Any]:
    """STS's Credentials. Raises CloudError with STS's own words."""
    reveal = access.credential.reveal
    asked: dict[str, Any] = {
        "RoleArn": reveal("role_arn"),
        "RoleSessionName": access.reference or NAME,
        "DurationSeconds": int(reveal("duration_seconds") or SECONDS),
    }
    with cloud_errors("take on the role"):
        if access.credential.method == "web_identity":
            answer = _anonymous(access).assume_role_with_web_identity(
                **asked, WebIdentityToken=_identity_token(access)
            )
        else:
            answer = _as_base(access).assume_role(**asked, ExternalId=reveal("external_id"))
    given: dict[str, Any] = answer["Credentials"]
    masking.remember([given["SecretAccessKey"], given["SessionToken"]])
    return given


def _identity_token(access: Access) -> str:
    if access.identity_token is None:
        raise NotPossible("This connection shows the cloud an identity token, and has none.")
    return access.identity_token.get_secret_value()


def _anonymous(access: Access) -> Any:
    """The token says who asks; the call is not signed."""
    return _client(access, aws_core.core())


def _as_base(access: Access) -> Any:
    key, secret = (
        access.credential.reveal(name) for name in ("access_key_id", "secret_access_key")
    )
    if key and secret:
        keys = {"aws_access_key_id": key, "aws_secret_access_key": secret}
        return _client(access, aws_core.core(), **keys)
    if access.sandbox:  # the machine's real identity never signs for loopback
        raise NotPossible("On the sandbox a role is taken on with a base key of the sandbox's.")
    if not aws_base.machine_may():
        raise NotPossible(
            "This connection takes on its role as this machine, which is not allowed here any "
            f"more: set {aws_base.SETTING}={aws_base.MACHINE}, or store a base key."
        )
    return _client(access, aws_core.of_the_machine())


def _client(access: Access, core: botocore.session.Session, **keys: str) -> Any:
    return core.create_client(
        "sts",
        region_name=access.region,
        endpoint_url=access.sandbox.aws_url if access.sandbox else None,
        config=aws_core.config(access.sandbox is not None),
        **keys,
    )


def _ends(given: dict[str, Any]) -> datetime:
    ends: datetime = given["Expiration"]
    return ends.astimezone(UTC)
