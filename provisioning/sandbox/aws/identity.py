"""Who makes a request: from the access key and the signature to the caller."""

from __future__ import annotations

from moto.iam.models import iam_backends

from provisioning.sandbox.aws.accounts import (
    Caller,
    account_of_key,
    administrator,
    names_administrator,
    secret_of_administrator,
)
from provisioning.sandbox.aws.credentials import Key, check_signature, invalid_key
from provisioning.sandbox.aws.operations import operation_name
from provisioning.sandbox.aws.requests import AwsRequest
from provisioning.sandbox.aws.world import World


def identify(request: AwsRequest, world: World) -> Caller:
    """The caller, or the error that AWS answers unknown keys and wrong signatures with.

    Call it with the world locked.
    """
    if not request.access_key and request.operation == "AssumeRoleWithWebIdentity":
        return _ANONYMOUS
    faults = world.faults
    names = (operation_name(request), request.service) if len(faults.table) else ()
    now = faults.real_now("aws", *names)
    caller = check_signature(request, find_key(request.access_key, world), now=now)
    if caller.temporary and caller.user_arn and request.service == "iam":
        # Such a session may speak to IAM only with a second factor, which nobody has here.
        raise invalid_key(request)
    return caller


# Whoever has an identity token; no policy is theirs, so that nothing is allowed.
_ANONYMOUS = Caller(account="000000000000", access_key="", arn="", principal_id="", user_arn="-")


def find_key(access_key: str, world: World) -> Key | None:
    """The key if the sandbox knows it and it is not switched off."""
    if names_administrator(access_key):
        account = str(account_of_key(access_key))
        return Key(administrator(account, access_key), secret_of_administrator(account))
    if session := world.sessions.find(access_key):
        return session.signing_key
    return world.keys.find(access_key) or _key_of_user(access_key)


def _key_of_user(access_key: str) -> Key | None:
    """Keys that the sandbox's own IAM gave out."""
    for account, backends in list(iam_backends.items()):
        key = backends["aws"].access_keys.get(access_key)
        user = backends["aws"].users.get(key.user_name) if key else None
        if key and user:
            if key.status != "Active":
                return None
            caller = Caller(
                account, access_key, arn=user.arn, principal_id=user.id, user_arn=user.arn
            )
            return Key(caller, key.secret_access_key)
    return None
