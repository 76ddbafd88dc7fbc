"""Setting a Google project up by hand in its console."""

from __future__ import annotations

from provisioning.clouds.policies import ACCOUNTS
from provisioning.clouds.setting_up.facts import Facts, numbered
from provisioning.clouds.setting_up.google_parts import (
    CONDITION,
    POOL,
    PROVIDER,
    apis,
    base_name,
)


def text(facts: Facts) -> str:
    (document,) = facts.policy
    steps = {
        "federation": _federation, "impersonation": _impersonation, "service_account": _key,
    }[facts.method](facts)  # fmt: skip
    return numbered(
        [
            f"APIs & Services, Library: enable {', '.join(apis(facts))}.",
            f"IAM & Admin, Roles, Create role. Title and ID: {document.name}. Launch stage: "
            f"General availability. Add the permissions of {document.file}, which is shown below. "
            "Create.",
            "IAM & Admin, Service accounts, Create service account. "
            f"ID: {facts.google_name}. Grant it the role {document.name}. Done.",
            *steps,
        ]
    )


def _email(facts: Facts, name: str) -> str:
    return f"{name}@{facts.account or ACCOUNTS['google']}.iam.gserviceaccount.com"


def _federation(facts: Facts) -> list[str]:
    return [
        f"IAM & Admin, Workload Identity Federation, Create pool. Name and ID: {POOL}. Continue. "
        f"Provider: OpenID Connect. Name and ID: {PROVIDER}. Issuer: {facts.issuer}. Default "
        "audience. Continue. google.subject is assertion.sub. Condition: "
        f"{CONDITION}. Save.",
        "In the pool: Grant access, using service account impersonation. Service account: "
        f"{facts.google_name}. Only identities whose subject is {facts.subject}. Save; no "
        "configuration file is needed.",
        "The provider's page has the default audience for the form, without https: in front. "
        f"Service account in the form: {_email(facts, facts.google_name)}",
    ]


def _impersonation(facts: Facts) -> list[str]:
    return [
        f"Create another service account. ID: {base_name(facts)}. Grant it nothing.",
        f"Open {facts.google_name}, Principals with access, Grant access. Principal: "
        f"{_email(facts, base_name(facts))}. Role: Service Account Token Creator. Save.",
        f"Open {base_name(facts)}, Keys, Add key, Create new key, JSON. The file goes into the "
        f"form, with the account to take on: {_email(facts, facts.google_name)}",
    ]


def _key(facts: Facts) -> list[str]:
    return [
        f"Open {facts.google_name}, Keys, Add key, Create new key, JSON. All of the file goes into "
        "the form; delete it then."
    ]
