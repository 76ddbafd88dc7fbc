"""What kind of trouble an error of Azure is, and the role that a missing permission needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioning.contracts import Diagnosis, ErrorKind, Level, Policy, StackSpec

from ..common import troubles as common

CODES: common.Codes = {
    ErrorKind.PERMISSION: "AuthorizationFailed LinkedAuthorizationFailed Forbidden "
    "AuthorizationPermissionMismatch AuthorizationFailure InsufficientAccountPermissions "
    "RequestDisallowedByPolicy",
    ErrorKind.CREDENTIAL: "AADSTS7000215 AADSTS7000222 AADSTS700016 AADSTS7000112 AADSTS90002 "
    "AADSTS900021 AADSTS900023 AADSTS53003 AuthenticationFailed Unauthorized "
    "InvalidAuthenticationToken InvalidAuthenticationTokenTenant ExpiredAuthenticationToken",
    ErrorKind.NAME_TAKEN: "FactoryNameInUse DataFactoryNameInUse StorageAccountAlreadyTaken "
    "StorageAccountAlreadyExists StorageAccountInAnotherResourceGroup ResourceNameInUse "
    "AccountAlreadyExists RoleAssignmentExists NameUnavailable ContainerAlreadyExists",
    ErrorKind.QUOTA: "QuotaExceeded SubscriptionIsOverQuotaForSku ResourceQuotaExceeded "
    "MaxStorageAccountsCountPerSubscriptionExceeded ResourceGroupQuotaExceeded "
    "RoleAssignmentLimitExceeded",
    ErrorKind.CONFLICT: "TriggerEnabledCannotUpdate Conflict AnotherOperationInProgress "
    "ResourceGroupBeingDeleted PreconditionFailed ScopeLocked EntityLocked "
    "RoleAssignmentUpdateNotPermitted",
    ErrorKind.THROTTLED: "TooManyRequests SubscriptionRequestsThrottled OperationThrottled "
    "ServerBusy RateLimitExceeded",
    ErrorKind.NOT_FOUND: "ResourceNotFound ResourceGroupNotFound ParentResourceNotFound NotFound "
    "SubscriptionNotFound FactoryNotFound LocationNotAvailableForResourceType "
    "InvalidResourceLocation PrincipalNotFound",
    ErrorKind.UNREACHABLE: "InternalServerError ServiceUnavailable GatewayTimeout "
    "OperationTimedOut",
}
WORDED = {
    "MaxStorageAccountsCountPerSubscriptionExceeded": "The subscription's number of storage "
    "accounts in this region is used up. Ask for more under Quotas in the portal.",
    "RoleAssignmentLimitExceeded": "The subscription's number of role assignments is used up. "
    "Remove some that are not needed, in the portal under Access control.",
    "ScopeLocked": "A lock in the portal forbids changes here. Take it away, then retry.",
    "LocationNotAvailableForResourceType": "Azure does not offer this in the connection's region. "
    "Make the pipeline with a connection to another region.",
    "InvalidResourceLocation": "It exists already in another region, where it has to stay.",
}
CLIENT = re.compile(r"client '([^']+)'")
OBJECT = re.compile(r"object id '([^']+)'")
ACTION = re.compile(r"action '([^']+)'")
SCOPE = re.compile(r"over scope '([^']+)'")
# The narrowest role that Azure ships for what the action is about; longest beginning first.
ROLES = {
    "microsoft.storage/storageaccounts/blobservices/containers/blobs": "Storage Blob Data "
    "Contributor",
    "microsoft.eventgrid/events/send": "EventGrid Data Sender",
    "microsoft.authorization/roleassignments": "Role Based Access Control Administrator",
    "microsoft.datafactory": "Data Factory Contributor",
    "microsoft.eventgrid": "EventGrid Contributor",
    "microsoft.storage": "Storage Account Contributor",
}


def diagnose(
    spec: StackSpec,
    permissions: Mapping[Level, tuple[str, ...]],
    code: str,
    message: str,
    said: str,
    hint: str | None,
) -> Diagnosis:
    kind = common.kind_of(CODES, code, said)
    action = ACTION.search(message)
    if kind is ErrorKind.PERMISSION and action:
        policy = _policy(spec, permissions, action[1], message)
        return common.diagnosis(kind, hint, policy=policy)
    return common.without_policy(kind, hint or WORDED.get(code), message, spec, cloud="Azure")


def _policy(
    spec: StackSpec, permissions: Mapping[Level, tuple[str, ...]], action: str, message: str
) -> Policy:
    assignee = OBJECT.search(message) or CLIENT.search(message)
    scope = SCOPE.search(message)
    where = _above(scope[1]) if scope else f"/subscriptions/{spec.account}"
    return Policy(
        title=f"A role that has {action}",
        text=assignment(role_with(action), assignee[1] if assignee else "CLIENT_ID", where),
        also=common.besides(permissions, action.partition("/")[0] + "/", action),
    )


def role_with(action: str) -> str:
    found = (each for begin, each in ROLES.items() if action.lower().startswith(begin))
    return next(found, "Contributor")


def assignment(role: str, assignee: str, scope: str) -> str:
    return (
        "az role assignment create \\\n"
        f'  --assignee "{assignee}" \\\n'
        f'  --role "{role}" \\\n'
        f'  --scope "{scope}"'
    )


def _above(scope: str) -> str:
    """The resource group: a role on the one resource ends with it, and is missing next time."""
    found = re.match(r"/subscriptions/[^/]+(?:/resourceGroups/[^/]+)?", scope, re.I)
    return found[0] if found else scope
