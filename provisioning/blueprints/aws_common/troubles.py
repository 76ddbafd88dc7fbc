"""What kind of trouble an error of AWS is, and the statement that a missing permission needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from provisioning.contracts import Diagnosis, ErrorKind, Level, Policy, StackSpec

from ..common import troubles as common

CODES: common.Codes = {
    ErrorKind.PERMISSION: "AccessDenied AccessDeniedException UnauthorizedOperation "
    "UnauthorizedException NotAuthorized AuthorizationError Forbidden ForbiddenException",
    ErrorKind.CREDENTIAL: "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId "
    "AuthFailure MissingAuthenticationToken SignatureDoesNotMatch ExpiredToken "
    "ExpiredTokenException RequestExpired OptInRequired",
    ErrorKind.NAME_TAKEN: "AlreadyExists AlreadyExistsException BucketAlreadyExists "
    "BucketAlreadyOwnedByYou EntityAlreadyExists EntityAlreadyExistsException QueueNameExists "
    "QueueAlreadyExists ResourceAlreadyExistsException ResourceExistsException "
    "StateMachineAlreadyExists",
    ErrorKind.QUOTA: "ResourceLimitExceeded ServiceQuotaExceededException ServiceLimitExceeded "
    "LimitExceeded LimitExceededException CodeStorageExceededException TooManyBuckets "
    "QuotaExceededException",
    ErrorKind.CONFLICT: "ConflictException ResourceConflict ResourceConflictException "
    "ConcurrentModification ConcurrentModificationException OperationAborted ResourceInUse "
    "ResourceInUseException QueueDeletedRecently AWS.SimpleQueueService.QueueDeletedRecently "
    "BucketNotEmpty DeleteConflict ManagedRuleException StateMachineDeleting",
    ErrorKind.THROTTLED: "Throttling ThrottlingException ThrottledException SlowDown "
    "RequestThrottled RequestLimitExceeded TooManyRequestsException TooManyRequests",
    ErrorKind.NOT_FOUND: "ResourceNotFound ResourceNotFoundException NotFound NotFoundException "
    "NoSuchEntity NoSuchBucket QueueDoesNotExist StateMachineDoesNotExist PermanentRedirect "
    "IllegalLocationConstraintException AuthorizationHeaderMalformed UnsupportedOperation",
    ErrorKind.UNREACHABLE: "InternalFailure InternalServerError InternalServerException "
    "InternalError InternalServiceException ServiceUnavailable ServiceUnavailableException",
}
OTHER_REGION = ("PermanentRedirect", "IllegalLocationConstraintException")
TAKEN_ALL_THE_SAME = re.compile(r"already exist|names must be unique", re.I)
PRINCIPAL = re.compile(r"\b(arn:aws[\w-]*:(?:iam|sts)::\d*:[\w+=,.@/\-]+)")
ACTION = re.compile(r"\b([a-z][a-z0-9-]+:[A-Z][A-Za-z]+)\b")
RESOURCE = re.compile(r"on resource: (\S+)")
CALLED = re.compile(r"operation error ([\w ]+): (\w+)|when calling the (\w+) operation")
NAMED = re.compile(r"skyclock-[^/:]*")
# The SDK's names of services where the policies have others.
SERVICES = {
    "eventbridge": "events", "sfn": "states", "cloudwatchlogs": "logs",
    "cloudcontrol": "cloudformation",
}  # fmt: skip
OWN = "The connection's user"
DENIED_ON_PURPOSE = (
    "A policy denies this explicitly, of the user, of the organization or of the resource: an "
    "allowance does not help against it. Ask whoever set it."
)


def diagnose(
    spec: StackSpec,
    permissions: Mapping[Level, tuple[str, ...]],
    code: str,
    message: str,
    said: str,
    hint: str | None,
) -> Diagnosis:
    kind = common.kind_of(CODES, code, said)
    if kind in (None, ErrorKind.CONFLICT) and TAKEN_ALL_THE_SAME.search(message):
        kind = ErrorKind.NAME_TAKEN
    if kind is ErrorKind.PERMISSION:
        return _permission(spec, permissions, message, said, hint)
    if code in OTHER_REGION:
        hint = f"It is in another region than {spec.region}, the connection's. Look at the address."
    return common.without_policy(kind, hint, message, spec, cloud="AWS")


def _permission(
    spec: StackSpec,
    permissions: Mapping[Level, tuple[str, ...]],
    message: str,
    said: str,
    hint: str | None,
) -> Diagnosis:
    if "explicit deny" in message.lower():
        return common.diagnosis(ErrorKind.PERMISSION, DENIED_ON_PURPOSE)
    action = _action(message, said)
    if not action:
        return common.diagnosis(ErrorKind.PERMISSION, hint)
    who = _principal(message)
    policy = Policy(
        title=f"Statement for the policy of {who}",
        text=statement(action, _resource(message, spec)),
        also=common.besides(permissions, action.partition(":")[0] + ":", action),
    )
    lacks = f"{who if who.startswith('arn:') else OWN} lacks {action}. "
    young = "IAM needs some seconds until it counts. Then retry."
    return common.diagnosis(
        ErrorKind.PERMISSION, f"{lacks}Add the statement below in IAM. {young}", policy=policy
    )


def _action(message: str, said: str) -> str:
    found = ACTION.search(message)
    if found:
        return found[1]
    called = CALLED.search(said)
    if not called or not called[1]:
        return ""
    service = called[1].replace(" ", "").lower()
    return f"{SERVICES.get(service, service)}:{called[2]}"


def _principal(message: str) -> str:
    found = PRINCIPAL.search(message)
    return found[1] if found else OWN.lower()


def _resource(message: str, spec: StackSpec) -> str:
    """As the cloud names it, but for all that Skyclock makes, not for this one alone."""
    found = RESOURCE.search(message)
    if not found or not found[1].startswith("arn:"):
        return "*"
    return NAMED.sub("skyclock-*", found[1], count=1).rstrip(".,")


def statement(action: str | list[str], resource: str) -> str:
    """As it stands in a policy."""
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": resource}, indent=2)
