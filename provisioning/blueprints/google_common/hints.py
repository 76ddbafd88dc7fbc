"""What to do about Google's errors, by code; by words only where one code has many meanings."""

from __future__ import annotations

import re

DENIED = ("PERMISSION_DENIED", "IAM_PERMISSION_DENIED", "forbidden", "403")
GONE = ("NOT_FOUND", "notFound", "404")
TAKEN = ("ALREADY_EXISTS", "conflict", "409")
LIMITED = ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "429")
# The real provider has no codes for the engine, only "googleapi: Error 403: …".
WORDED = re.compile(r"Error (\d{3})\b|\bError code (\d+)|status:? (\w+)")

SWITCHED_OFF = (
    "An API that this needs is switched off in the project. The cloud's own words have the address "
    "where it is enabled; deploy again a minute later."
)
UNKNOWN_AGENT = (
    "Google makes a service's agent when the service is first used. Wait a minute, then deploy "
    "again."
)


def likely_fix(error_code: str, message: str) -> str | None:
    code = error_code or _code_in(message)
    lowered = message.lower()
    if code == "SERVICE_DISABLED" or "has not been used in project" in lowered:
        return SWITCHED_OFF
    if code == "BILLING_DISABLED":
        return "The project has no billing account, or its billing is closed."
    if code in DENIED:
        return _denied(message)
    if code in TAKEN:
        return (
            "Something in the project, or for buckets in the whole of Google Cloud, already has "
            "this name. Remove it there, or make a new pipeline of another name: names in the "
            "cloud stay as the pipeline was first called."
        )
    if code in GONE:
        return "It was deleted outside of Skyclock. Refresh, then deploy again."
    if code in LIMITED:
        return "A quota of the project is used up. Wait a minute, or ask for more under Quotas."
    return _invalid(lowered)


def _denied(message: str) -> str:
    if "actas" in message.lower():
        return (
            "The connection's service account may not act as the pipeline's service accounts. "
            "Give it the role Service Account User on them, or in the project."
        )
    if "storage service agent" in message.lower() or "pubsub.publisher" in message.lower():
        return UNKNOWN_AGENT
    return (
        "The connection's service account lacks a permission; the cloud's own words name it. Give "
        "it a role that has it. A role that was given just now counts after up to two minutes."
    )


def _invalid(lowered: str) -> str | None:
    young = "does not exist" in lowered and "serviceaccount" in lowered
    if young or "service agent" in lowered:
        return UNKNOWN_AGENT
    if "bucket" in lowered and "not empty" in lowered:
        return (
            "The bucket still has objects. Delete them, or let the pipeline delete its data: it is "
            "a setting."
        )
    return None


def _code_in(message: str) -> str:
    found = WORDED.search(message)
    return next((each for each in found.groups() if each), "") if found else ""
