"""Setting an AWS account up by hand in its console."""

from __future__ import annotations

from provisioning.clouds.policies import ACCOUNTS
from provisioning.clouds.setting_up.aws_trust import AUDIENCE, base_policy, trust_policy
from provisioning.clouds.setting_up.facts import Facts, indented, numbered


def text(facts: Facts) -> str:
    steps = {
        "web_identity": _web_identity, "role": _role, "access_keys": _access_keys,
    }[facts.method](facts)  # fmt: skip
    return numbered([*_policies(facts), *steps])


def _policies(facts: Facts) -> list[str]:
    return [
        f"IAM, Policies, Create policy, JSON: paste {each.file}, which is shown below. "
        f"Next. Name: {each.name}. Create policy."
        for each in facts.policy
    ]


def _web_identity(facts: Facts) -> list[str]:
    return [
        "IAM, Identity providers, Add provider. Type: OpenID Connect. "
        f"Provider URL: {facts.issuer}. Audience: {AUDIENCE}. Add provider.",
        *_role_steps(facts),
    ]


def _role(facts: Facts) -> list[str]:
    return [
        "In the account of the user that takes on the role: IAM, Users, Create user. "
        f"Name: {facts.aws_base}, without console access. Then Add permissions, Create inline "
        f"policy, JSON:\n{indented(base_policy(facts), 3)}\n   Name: TakeOn. Create policy.",
        "Security credentials of this user, Create access key, Application running outside AWS. "
        "Both parts go into the form as the base key.",
        *_role_steps(facts),
        f"External ID in the form: {facts.external_id}",
    ]


def _role_steps(facts: Facts) -> list[str]:
    account = facts.account or ACCOUNTS["aws"]
    trust = trust_policy(
        facts,
        account=account,
        base_account=facts.base_account or facts.account or "BASE_ACCOUNT_ID",
    )
    names = ", ".join(each.name for each in facts.policy)
    return [
        f"IAM, Roles, Create role, Custom trust policy:\n{indented(trust, 3)}",
        f"Next. Tick {names}. Next. Role name: {facts.aws_name}. Create role.",
        "Open the role and copy its ARN into the form.",
    ]


def _access_keys(facts: Facts) -> list[str]:
    names = ", ".join(each.name for each in facts.policy)
    return [
        f"IAM, Users, Create user. Name: {facts.aws_name}, without console access. Next.",
        f"Attach policies directly: tick {names}. Next. Create user.",
        "Security credentials of this user, Create access key, Application running outside AWS. "
        "Both parts go into the form; AWS shows the secret once.",
    ]
