"""What to do about Azure's errors, by code; by words only where one code has many meanings."""

from __future__ import annotations

import re

GONE = "It was deleted outside of Skyclock. Refresh, then deploy again."
TAKEN = (
    "Names of this kind are unique on earth, and somebody has this one. Make a new pipeline of "
    "another name: names in the cloud stay as the pipeline was first called."
)
SLOW_ROLE = (
    "A new role needs some minutes until it counts everywhere. Try again then; or somebody has "
    "to give the role that the message names."
)
HINTS = {
    "TriggerEnabledCannotUpdate": "Somebody started the trigger while it was being deployed. "
    "Deploy again: it is stopped before the change and started after it.",
    "DataFactoryNameInUse": TAKEN,
    "FactoryNameInUse": TAKEN,
    "StorageAccountAlreadyTaken": TAKEN,
    "StorageAccountInAnotherResourceGroup": TAKEN,
    "ResourceNameInUse": TAKEN,
    "ResourceGroupBeingDeleted": "The resource group is still being deleted. Deploy again when it "
    "is gone, in some minutes.",
    "ResourceGroupNotFound": GONE,
    "ResourceNotFound": GONE,
    "ParentResourceNotFound": GONE,
    "RoleAssignmentUpdateNotPermitted": "The role belongs to a factory that was deleted outside "
    "of Skyclock. Remove the role assignment in the portal, then deploy again.",
    "PrincipalNotFound": "Microsoft Entra does not know the new identity everywhere yet. Deploy "
    "again in a minute.",
    "AuthorizationPermissionMismatch": SLOW_ROLE,
    "AuthorizationFailure": "The storage account's network rules keep this machine out. Allow its "
    "address there.",
    "RequestDisallowedByPolicy": "A policy of the subscription forbids this resource as it is. "
    "The message names the policy; ask whoever set it.",
    "SubscriptionIsOverQuotaForSku": "The subscription's quota for this is used up. Ask for more "
    "under Quotas in the portal.",
    "QuotaExceeded": "The subscription's quota for this is used up. Ask for more under Quotas in "
    "the portal.",
    "TooManyRequests": "Azure limits how often it is asked. Deploy again in a moment.",
    "AADSTS7000215": "Store the client secret's value, not its ID.",
    "AADSTS7000222": "The client secret of this connection has expired. Store a new one.",
    "InvalidAuthenticationTokenTenant": "The subscription belongs to another tenant than the "
    "connection's. Correct the connection.",
    "TumblingWindowTriggerStartTimeUpdateNotAllowed": "A tumbling window cannot move. Delete the "
    "trigger here, deploy, and add a new one.",
}  # fmt: skip
DENIED = ("AuthorizationFailed", "LinkedAuthorizationFailed", "Forbidden")
_ACTION = re.compile(r"perform action '([^']+)'")
_NAMESPACE = re.compile(r"namespace '([^']+)'")


def likely_fix(error_code: str, message: str) -> str | None:
    if error_code in DENIED:
        return _denied(message)
    if error_code == "MissingSubscriptionRegistration":
        return _unregistered(message)
    if error_code.startswith("TumblingWindowTrigger"):
        return HINTS["TumblingWindowTriggerStartTimeUpdateNotAllowed"]
    if error_code in ("BadRequest", "InvalidTemplate", "400"):
        return _bad_request(message)
    return HINTS.get(error_code)


def _denied(message: str) -> str:
    found = _ACTION.search(message)
    action = found[1] if found else ""
    if action.lower().startswith("microsoft.authorization/roleassignments"):
        return (
            "The connection's application may not assign roles. Give it the role Role Based Access "
            "Control Administrator on the resource group, or switch the roles off in the settings "
            "and have them given by somebody else."
        )
    if action:
        return (
            f"The connection's application lacks {action}. Give it a role that has it, then try "
            "again: a new role needs some minutes until it counts."
        )
    return (
        "The connection's application lacks a role; the cloud's own words name the action. Give it "
        "one, then try again."
    )


def _unregistered(message: str) -> str:
    found = _NAMESPACE.search(message)
    namespace = found[1] if found else "that the message names"
    return (
        f"The subscription is not registered for {namespace}. Register it under Resource providers "
        "in the portal, then deploy again."
    )


def _bad_request(message: str) -> str | None:
    lowered = message.lower()
    if "during provisioning" in lowered:
        return "Event Grid is still at work on a trigger's subscription. Try again in a minute."
    if "referenced by" in lowered:
        return (
            "Something in the factory that Skyclock did not make refers to it. Delete that in Data "
            "Factory Studio, then try again."
        )
    if "invalid reference" in lowered or "pipeline references" in lowered:
        return "Something that it refers to is not in the factory. Refresh, then deploy again."
    if "template validation failed" in lowered or "invalidtemplate" in lowered:
        return (
            "Data Factory does not take the pipeline. The activity that it names is in the "
            "pipeline's settings."
        )
    return None
