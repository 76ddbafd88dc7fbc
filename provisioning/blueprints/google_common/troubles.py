"""What kind of trouble an error of Google is, and the role that a missing permission needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioning.contracts import Diagnosis, ErrorKind, Level, Policy, StackSpec

from ..common import troubles as common

CODES: common.Codes = {
    ErrorKind.PERMISSION: "PERMISSION_DENIED IAM_PERMISSION_DENIED forbidden 403",
    ErrorKind.CREDENTIAL: "UNAUTHENTICATED authError required 401 invalid_grant",
    ErrorKind.NAME_TAKEN: "ALREADY_EXISTS conflict 409",
    ErrorKind.QUOTA: "RESOURCE_EXHAUSTED quotaExceeded QUOTA_EXCEEDED limitExceeded",
    ErrorKind.CONFLICT: "ABORTED FAILED_PRECONDITION conditionNotMet 412",
    ErrorKind.THROTTLED: "RATE_LIMIT_EXCEEDED rateLimitExceeded userRateLimitExceeded 429",
    ErrorKind.NOT_FOUND: "NOT_FOUND notFound 404",
    ErrorKind.UNREACHABLE: "UNAVAILABLE INTERNAL DEADLINE_EXCEEDED backendError 500 502 503 504",
}
# The real provider has no codes for the engine, only "googleapi: Error 403: …".
CODED = re.compile(r"Error (\d{3})\b|\bError code (\d+)|status:? (\w+)")
RATE = re.compile(r"rate limit|per minute|too many requests|try again later", re.I)
QUOTA = re.compile(r"quota (?:metric|exceeded)|exceed\w* .{0,40}(?:quota|limit)", re.I)
PERMISSION = re.compile(r"\b([a-z][a-z0-9]+\.[a-zA-Z]+\.[a-zA-Z]+)\b")
EMAIL = re.compile(r"\b([\w.-]+@[\w.-]+\.gserviceaccount\.com)\b")
OWN = "The connection's service account"
OFF = re.compile(r"SERVICE_DISABLED|has not been used in project", re.I)
# The narrowest role that Google ships for what the permission is about; first match counts.
ROLES = {
    "iam.serviceAccounts.actAs": "roles/iam.serviceAccountUser",
    "iam.serviceAccounts": "roles/iam.serviceAccountAdmin",
    "resourcemanager.projects": "roles/resourcemanager.projectIamAdmin",
    "storage.buckets": "roles/storage.admin",
    "storage.objects": "roles/storage.objectAdmin",
    "datapipelines": "roles/datapipelines.admin",
    "dataflow": "roles/dataflow.developer",
    "eventarc": "roles/eventarc.admin",
    "workflows": "roles/workflows.editor",
    "run": "roles/run.admin",
    "pubsub": "roles/pubsub.editor",
    "aiplatform": "roles/aiplatform.user",
    "artifactregistry": "roles/artifactregistry.reader",
    "logging": "roles/logging.viewer",
    "cloudscheduler": "roles/cloudscheduler.admin",
}


def diagnose(
    spec: StackSpec,
    permissions: Mapping[Level, tuple[str, ...]],
    code: str,
    message: str,
    said: str,
    hint: str | None,
) -> Diagnosis:
    kind = _kind(code or _coded(said), message, said)
    permission = _permission(message)
    if kind is ErrorKind.PERMISSION and permission and not OFF.search(said):
        who = _principal(message)
        return common.diagnosis(
            kind,
            f"{who or OWN} lacks {permission}. Give it the role "
            "below; it counts after up to two minutes. Then retry.",
            policy=_policy(spec, permissions, permission, who),
        )
    return common.without_policy(kind, hint, message, spec, cloud="Google")


def _kind(code: str, message: str, said: str) -> ErrorKind | None:
    """Google has one code for quotas of things and of time; its words tell them apart."""
    kind = common.kind_of(CODES, code, said)
    if kind in (ErrorKind.QUOTA, ErrorKind.THROTTLED, ErrorKind.PERMISSION):
        if RATE.search(message):
            return ErrorKind.THROTTLED
        if QUOTA.search(message):
            return ErrorKind.QUOTA
    return kind


def _coded(said: str) -> str:
    found = CODED.search(said)
    return next((each for each in found.groups() if each), "") if found else ""


def _permission(message: str) -> str:
    found = (each for each in PERMISSION.findall(message) if role_with(each))
    return next(found, "")


def _principal(message: str) -> str:
    found = EMAIL.search(message)
    return found[1] if found else ""


def role_with(permission: str) -> str:
    return next((role for begin, role in ROLES.items() if permission.startswith(begin + ".") or
                 permission == begin), "")  # fmt: skip


def _policy(
    spec: StackSpec, permissions: Mapping[Level, tuple[str, ...]], permission: str, who: str
) -> Policy:
    return Policy(
        title=f"A role that has {permission}",
        text=binding(role_with(permission), account_member(who), spec.account),
        also=common.besides(permissions, permission.partition(".")[0] + ".", permission),
    )


def account_member(email: str) -> str:
    return f"serviceAccount:{email or 'SERVICE_ACCOUNT'}"


def binding(role: str, member: str, project: str) -> str:
    return (
        f"gcloud projects add-iam-policy-binding {project} \\\n"
        f'  --member="{member}" \\\n'
        f'  --role="{role}"'
    )
