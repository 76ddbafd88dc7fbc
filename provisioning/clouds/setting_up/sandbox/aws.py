"""The simulated AWS: an identity provider, a role or a user, and its policies."""

from __future__ import annotations

from typing import Any

from provisioning.clouds.aws import AwsSession
from provisioning.clouds.errors import cloud_errors
from provisioning.clouds.setting_up.aws_trust import AUDIENCE, base_policy, trust_policy
from provisioning.clouds.setting_up.facts import Facts
from provisioning.contracts import Access


def set_up(facts: Facts, access: Access) -> dict[str, str]:
    iam = AwsSession(access).client("iam")
    with cloud_errors("set the account up"):
        made = {"web_identity": _web_identity, "role": _role, "access_keys": _access_keys}
        return {**made[facts.method](iam, facts), "region": access.region}


def _web_identity(iam: Any, facts: Facts) -> dict[str, str]:
    # Of the whole account: another Connection may have made it.
    known = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    if not any(each["Arn"].endswith(f"oidc-provider/{facts.issuer_host}") for each in known):
        iam.create_open_id_connect_provider(Url=facts.issuer, ClientIDList=[AUDIENCE])
    return {"role_arn": _make_role(iam, facts)}


def _role(iam: Any, facts: Facts) -> dict[str, str]:
    iam.create_user(UserName=facts.aws_base)
    iam.put_user_policy(
        UserName=facts.aws_base, PolicyName="TakeOn", PolicyDocument=base_policy(facts)
    )
    return {
        "role_arn": _make_role(iam, facts),
        "external_id": facts.external_id,
        **_key(iam, facts.aws_base),
    }


def _access_keys(iam: Any, facts: Facts) -> dict[str, str]:
    iam.create_user(UserName=facts.aws_name)
    for arn in _policies(iam, facts):
        iam.attach_user_policy(UserName=facts.aws_name, PolicyArn=arn)
    return _key(iam, facts.aws_name)


def _make_role(iam: Any, facts: Facts) -> str:
    trust = trust_policy(facts, account=facts.account, base_account=facts.account)
    made = iam.create_role(RoleName=facts.aws_name, AssumeRolePolicyDocument=trust)
    for arn in _policies(iam, facts):
        iam.attach_role_policy(RoleName=facts.aws_name, PolicyArn=arn)
    return str(made["Role"]["Arn"])


def _policies(iam: Any, facts: Facts) -> list[str]:
    return [
        iam.create_policy(PolicyName=each.name, PolicyDocument=each.text)["Policy"]["Arn"]
        for each in facts.policy
    ]


def _key(iam: Any, user: str) -> dict[str, str]:
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return {
        "access_key_id": made["AccessKeyId"],
        "secret_access_key": made["SecretAccessKey"],
    }
