"""Who makes a request: from the access key to the caller."""

from __future__ import annotations

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from provisioning.sandbox.aws.accounts import (
    Caller,
    account_of_key,
    administrator,
    names_administrator,
)
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.requests import AwsRequest
from provisioning.sandbox.aws.session_keys import SessionKeys

_UNKNOWN = {
    "s3": (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    "iam": ("InvalidClientTokenId", "The security token included in the request is invalid."),
    "sts": ("InvalidClientTokenId", "The security token included in the request is invalid."),
}
_UNKNOWN_ELSEWHERE = (
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)


def identify(request: AwsRequest, sessions: SessionKeys) -> Caller:
    """The caller, or the error that AWS answers unknown keys with."""
    key = request.access_key
    if names_administrator(key):
        return administrator(str(account_of_key(key)), key)
    caller = sessions.caller(key) or _issued(key)
    if caller is None:
        code, message = _UNKNOWN.get(request.service, _UNKNOWN_ELSEWHERE)
        raise AwsError(code, message, status=403)
    return caller


def _issued(key: str) -> Caller | None:
    """Keys that the sandbox's own IAM and STS gave out."""
    for account, backends in list(iam_backends.items()):
        if key not in backends["aws"].access_keys:
            continue
        for role in list(sts_backends[account]["aws"].assumed_roles):
            if role.access_key_id == key:
                return Caller(
                    account,
                    key,
                    arn=role.arn,
                    principal_id=role.user_id,
                    role_arn=role.role_arn,
                )
        user_name = backends["aws"].access_keys[key].user_name
        user = backends["aws"].users.get(user_name)
        if user:
            return Caller(account, key, arn=user.arn, principal_id=user.id)
    return None
