"""Setting an AWS account up with the AWS CLI."""

from __future__ import annotations

from provisioning.clouds.policies import ACCOUNTS
from provisioning.clouds.policies.aws_resources import partition_of
from provisioning.clouds.setting_up.aws_trust import AUDIENCE, base_policy, trust_policy
from provisioning.clouds.setting_up.facts import Facts, heredoc

OWN_ACCOUNT = "$(aws sts get-caller-identity --query Account --output text)"


def text(facts: Facts) -> str:
    start = f"ACCOUNT={facts.account or OWN_ACCOUNT}"
    parts = {
        "web_identity": _web_identity, "role": _role, "access_keys": _access_keys,
    }[facts.method](facts)  # fmt: skip
    return "\n\n".join([start, *parts])


def _web_identity(facts: Facts) -> list[str]:
    provider = (
        "# Once in an account; where it exists already, AWS says EntityAlreadyExists.\n"
        f"aws iam create-open-id-connect-provider --url {facts.issuer} \\\n"
        f"  --client-id-list {AUDIENCE}"
    )
    return [provider, *_with_role(facts), _told(facts)]


def _role(facts: Facts) -> list[str]:
    base = "\n".join([
        "# The user that takes on the role, and may do nothing else. With the credential of the",
        "# account that it is to be in; its key goes into the form.",
        f"BASE_ACCOUNT={facts.base_account or '$ACCOUNT'}",
        f"aws iam create-user --user-name {facts.aws_base}",
        heredoc("base.json", base_policy(facts)),
        f"aws iam put-user-policy --user-name {facts.aws_base} --policy-name TakeOn \\",
        "  --policy-document file://base.json",
        f"aws iam create-access-key --user-name {facts.aws_base}",
    ])  # fmt: skip
    told = f"{_told(facts)}\necho 'external_id: {facts.external_id}'"
    return [base, "# In the account of the pipelines.", *_with_role(facts), told]


def _access_keys(facts: Facts) -> list[str]:
    name = facts.aws_name
    return [
        f"aws iam create-user --user-name {name}",
        *_policies(facts, "user"),
        "# Shown once: both go into the form.\n"
        f"aws iam create-access-key --user-name {name} \\\n"
        "  --query 'AccessKey.[AccessKeyId, SecretAccessKey]' --output text",
    ]


def _with_role(facts: Facts) -> list[str]:
    trust = trust_policy(facts, account="$ACCOUNT", base_account="$BASE_ACCOUNT")
    return [
        heredoc("trust.json", trust),
        f"aws iam create-role --role-name {facts.aws_name} \\\n"
        "  --assume-role-policy-document file://trust.json",
        *_policies(facts, "role"),
    ]


def _policies(facts: Facts, kind: str) -> list[str]:
    made = []
    for each in facts.policy:
        arn = f"arn:{partition_of(facts.region)}:iam::$ACCOUNT:policy/{each.name}"
        made.append(
            heredoc(each.file, each.text.replace(ACCOUNTS["aws"], "$ACCOUNT"))
            + f"\naws iam create-policy --policy-name {each.name} \\\n"
            f"  --policy-document file://{each.file}\n"
            f"aws iam attach-{kind}-policy --{kind}-name {facts.aws_name} \\\n"
            f"  --policy-arn {arn}"
        )
    return made


def _told(facts: Facts) -> str:
    arn = f"arn:{partition_of(facts.region)}:iam::$ACCOUNT:role/{facts.aws_name}"
    return f'# Into the form:\necho "role_arn: {arn}"'
