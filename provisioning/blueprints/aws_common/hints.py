"""What to do about AWS's errors, by code; by words only where one code has many meanings."""

from __future__ import annotations

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
# AlreadyExists, InvalidRequest and the like are Cloud Control's words for other services' errors.
TAKEN = (
    "AlreadyExists",
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "EntityAlreadyExists",
    "EntityAlreadyExistsException",
    "QueueNameExists",
    "ResourceAlreadyExistsException",
)
CONFLICT = ("ConflictException", "ResourceConflict", "ResourceConflictException")
INVALID = ("ValidationException", "InvalidRequest", "InvalidParameterValueException")

HINTS = {
    "ResourceLimitExceeded": "The account's quota for this is used up. Ask for more under Service "
    "Quotas in the AWS console, choose another instance type, or wait until other jobs end.",
    "ServiceQuotaExceededException": "The account's quota of schedules is used up. Ask for more "
    "under Service Quotas in the AWS console.",
    "ServiceLimitExceeded": "The account's quota for this is used up. Ask for more under Service "
    "Quotas in the AWS console.",
    "LimitExceeded": "The account's quota in IAM is used up: roles, or the size of a role's "
    "policy. Name fewer S3 prefixes, or ask for more under Service Quotas.",
    "LimitExceededException": "The account's quota is used up. Ask for more under Service Quotas.",
    "QueueDeletedRecently": "SQS gives a queue's name free a minute after its deletion. Deploy "
    "again in a minute.",
    "AWS.SimpleQueueService.QueueDeletedRecently": "SQS gives a queue's name free a minute after "
    "its deletion. Deploy again in a minute.",
    "ResourceInUse": "A run is still under way. Wait for its end or stop it, then try again.",
    "ResourceNotFound": "It was deleted outside of Skyclock. Refresh, then deploy again.",
    "ResourceNotFoundException": "It was deleted outside of Skyclock. Refresh, then deploy again.",
    "NotFound": "It was deleted outside of Skyclock. Refresh, then deploy again.",
    "NoSuchEntity": "It was deleted outside of Skyclock. Refresh, then deploy again.",
    "BucketNotEmpty": "The bucket still holds objects. Empty it, or allow 'Delete the data with "
    "the pipeline' in the settings and deploy them; then destroy again.",
    "InvalidEventPatternException": "EventBridge does not take the trigger's pattern. Look at the "
    "detail of the event that it waits for.",
    "ManagedRuleException": "AWS itself made this rule, for an archive or another service; it "
    "goes with what it was made for.",
    "ConcurrentModificationException": "AWS was changing the same thing at this moment. Deploy "
    "again.",
    "OperationAborted": "S3 was changing the same bucket at this moment. Deploy again.",
    "CodeStorageExceededException": "The account's space for the code of Lambda functions is used "
    "up. Delete functions or old versions of them, then deploy again.",
    "MalformedPolicyDocument": "IAM does not take a policy that follows from the settings. Look "
    "at the S3 addresses, images and role names.",
    "InvalidClientTokenId": "AWS does not know the access key of this connection. Store a new one.",
    "ExpiredToken": "The connection's temporary credential has ended. Store a new one.",
    "ExpiredTokenException": "The connection's temporary credential has ended. Store a new one.",
    "Throttling": "AWS limits how often it is asked. Deploy again in a moment.",
    "ThrottlingException": "AWS limits how often it is asked. Deploy again in a moment.",
}


def likely_fix(error_code: str, message: str) -> str | None:
    if error_code in DENIED:
        return _denied(message)
    if error_code in TAKEN:
        return _taken()
    if error_code in CONFLICT:
        return _conflict(message)
    if error_code in INVALID:
        return _invalid(message)
    return HINTS.get(error_code)


def _denied(message: str) -> str:
    if "iam:PassRole" in message:
        return (
            "The connection's user may not hand the pipeline's roles to SageMaker and EventBridge "
            "Scheduler. Allow it iam:PassRole on role/skyclock-*."
        )
    if "assume" in message.lower():
        return _young_role()
    return (
        "The connection's user lacks a permission; the cloud's own words name it. Allow it in IAM, "
        "then deploy again."
    )


def _taken() -> str:
    return (
        "Something in the account already has this name, perhaps left by an earlier deployment. "
        "Remove it there, or make a new pipeline of another name: names in the cloud stay as the "
        "pipeline was first called."
    )


def _conflict(message: str) -> str:
    if "running" in message.lower() or "execution" in message.lower():
        return HINTS["ResourceInUse"]
    if "already exist" in message.lower():
        return _taken()
    return "AWS was changing the same thing at this moment. Deploy again."


def _invalid(message: str) -> str | None:
    lowered = message.lower()
    if "assume" in lowered or "trust" in lowered:
        return _young_role()
    if "pipeline definition" in lowered or "parse" in lowered:
        return (
            "SageMaker does not take the definition. The step or property that it names is in "
            "the pipeline's settings."
        )
    if "already exist" in lowered or "names must be unique" in lowered:
        return _taken()
    if "startdate" in lowered or "enddate" in lowered:
        return "The window of the schedule has passed. Change its start or end."
    if "schedule expression" in lowered:
        return "EventBridge Scheduler does not take this expression. Choose another schedule."
    return None


def _young_role() -> str:
    return "IAM needs some seconds until a new role is known everywhere. Deploy again."
