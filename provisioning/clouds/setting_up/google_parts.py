"""What all ways to set Google Cloud up have in common."""

from __future__ import annotations

from provisioning.clouds.setting_up.facts import Facts
from provisioning.contracts import Level

POOL = PROVIDER = "skyclock"
CONDITION = "assertion.sub.startsWith('skyclock:connection:')"
TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"  # noqa: S105 (a role)
POOL_USER = "roles/iam.workloadIdentityUser"
# https://cloud.google.com/apis: what has to be switched on to enter, and to deploy.
APIS = ("cloudresourcemanager", "iam", "iamcredentials", "sts")
DEPLOYED_APIS = (
    "aiplatform", "cloudscheduler", "dataflow", "datapipelines", "eventarc", "logging", "pubsub",
    "run", "storage", "workflowexecutions", "workflows",
)  # fmt: skip


def apis(facts: Facts) -> list[str]:
    more = DEPLOYED_APIS if facts.level is Level.DEPLOY else ()
    return [f"{each}.googleapis.com" for each in sorted((*APIS, *more))]


def pool_name(number: str) -> str:
    return f"projects/{number}/locations/global/workloadIdentityPools/{POOL}"


def audience(number: str) -> str:
    """The provider's full name, which tokens are meant for."""
    return f"//iam.googleapis.com/{pool_name(number)}/providers/{PROVIDER}"


def member(facts: Facts, number: str) -> str:
    """This Connection, as Google names what comes in by the pool."""
    return f"principal://iam.googleapis.com/{pool_name(number)}/subject/{facts.subject}"


def permissions(facts: Facts) -> list[str]:
    lines = facts.policy[0].text.splitlines()
    return [line.removeprefix("- ") for line in lines if line.startswith("- ")]


def base_name(facts: Facts) -> str:
    """Of the service account that may do nothing but take on the other."""
    return f"base-{facts.short}"
