"""Setting an AWS account up with Terraform, or with Pulumi in Python."""

from __future__ import annotations

from provisioning.clouds.policies import ACCOUNTS
from provisioning.clouds.setting_up.aws_trust import AUDIENCE, base_policy, trust_policy
from provisioning.clouds.setting_up.facts import Facts

TF_ACCOUNT = "${data.aws_caller_identity.current.account_id}"
TF_START = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

data "aws_caller_identity" "current" {}"""
PULUMI_START = """import pulumi
import pulumi_aws as aws

account = aws.get_caller_identity().account_id


def filled(text: str) -> str:
    return text.replace("ACCOUNT_ID", account)"""


def terraform(facts: Facts) -> str:
    parts = [TF_START]
    if facts.method == "web_identity":
        parts.append(
            'resource "aws_iam_openid_connect_provider" "skyclock" {\n'
            f'  url            = "{facts.issuer}"\n'
            f'  client_id_list = ["{AUDIENCE}"]\n}}'
        )
    parts += [_tf_user(facts.aws_base, "base")] if facts.method == "role" else []
    if facts.method == "role":
        parts.append(
            'resource "aws_iam_user_policy" "base" {\n  user   = aws_iam_user.base.name\n'
            f'  name   = "TakeOn"\n  policy = <<JSON\n{base_policy(facts)}\nJSON\n}}'
        )
    parts.append(_tf_user(facts.aws_name, "skyclock") if _keys(facts) else _tf_role(facts))
    parts += [_tf_policy(facts, at) for at in range(len(facts.policy))]
    return "\n\n".join([*parts, *_tf_outputs(facts)])


def pulumi(facts: Facts) -> str:
    parts = [PULUMI_START]
    if facts.method == "web_identity":
        parts.append(
            f'aws.iam.OpenIdConnectProvider("skyclock", url="{facts.issuer}", '
            f'client_id_lists=["{AUDIENCE}"])'
        )
    if facts.method == "role":
        parts.append(
            f'base = aws.iam.User("base", name="{facts.aws_base}")\n'
            'aws.iam.UserPolicy("base", user=base.name, name="TakeOn", '
            f'policy="""{base_policy(facts)}""")'
        )
    parts.append(_pulumi_identity(facts))
    parts += [_pulumi_policy(facts, at) for at in range(len(facts.policy))]
    return "\n\n".join([*parts, *_pulumi_outputs(facts)])


def _keys(facts: Facts) -> bool:
    return facts.method == "access_keys"


def _tf_user(name: str, id: str) -> str:
    return (
        f'resource "aws_iam_user" "{id}" {{\n  name = "{name}"\n}}\n\n'
        f'resource "aws_iam_access_key" "{id}" {{\n  user = aws_iam_user.{id}.name\n}}'
    )


def _tf_role(facts: Facts) -> str:
    account = facts.account or TF_ACCOUNT
    trust = trust_policy(facts, account=account, base_account=facts.base_account or account)
    first = "openid_connect_provider.skyclock" if facts.method == "web_identity" else "user.base"
    return (
        f'resource "aws_iam_role" "skyclock" {{\n  name               = "{facts.aws_name}"\n'
        f"  depends_on         = [aws_iam_{first}]\n"
        f"  assume_role_policy = <<JSON\n{trust}\nJSON\n}}"
    )


def _tf_policy(facts: Facts, at: int) -> str:
    each, id = facts.policy[at], f"skyclock_{at + 1}"
    kind = "user" if _keys(facts) else "role"
    text = each.text.replace(ACCOUNTS["aws"], TF_ACCOUNT)
    return (
        f'resource "aws_iam_policy" "{id}" {{\n  name   = "{each.name}"\n'
        f"  policy = <<JSON\n{text}\nJSON\n}}\n\n"
        f'resource "aws_iam_{kind}_policy_attachment" "{id}" {{\n'
        f"  {kind}       = aws_iam_{kind}.skyclock.name\n"
        f"  policy_arn = aws_iam_policy.{id}.arn\n}}"
    )


def _tf_outputs(facts: Facts) -> list[str]:
    outputs = [] if _keys(facts) else [_tf_output("role_arn", "aws_iam_role.skyclock.arn")]
    if facts.method == "role":
        outputs.append(_tf_output("external_id", f'"{facts.external_id}"'))
    if facts.method != "web_identity":
        key = f"aws_iam_access_key.{'skyclock' if _keys(facts) else 'base'}"
        outputs.append(_tf_output("access_key_id", f"{key}.id"))
        outputs.append(_tf_output("secret_access_key", f"{key}.secret", secret=True))
    return outputs


def _tf_output(name: str, value: str, *, secret: bool = False) -> str:
    more = "\n  sensitive = true" if secret else ""
    return f'output "{name}" {{\n  value = {value}{more}\n}}'


def _pulumi_identity(facts: Facts) -> str:
    if _keys(facts):
        return f'user = aws.iam.User("skyclock", name="{facts.aws_name}")'
    account = facts.account or ACCOUNTS["aws"]
    trust = trust_policy(facts, account=account, base_account=facts.base_account or account)
    opts = ", opts=pulumi.ResourceOptions(depends_on=[base])" if facts.method == "role" else ""
    return (
        f'role = aws.iam.Role("skyclock", name="{facts.aws_name}", '
        f'assume_role_policy=filled("""{trust}"""){opts})'
    )


def _pulumi_policy(facts: Facts, at: int) -> str:
    each, id = facts.policy[at], f"skyclock-{at + 1}"
    kind, attachment = ("user", "User") if _keys(facts) else ("role", "Role")
    return (
        f'policy_{at + 1} = aws.iam.Policy("{id}", name="{each.name}", '
        f'policy=filled("""{each.text}"""))\n'
        f'aws.iam.{attachment}PolicyAttachment("{id}", {kind}={kind}.name, '
        f"policy_arn=policy_{at + 1}.arn)"
    )


def _pulumi_outputs(facts: Facts) -> list[str]:
    told = [] if _keys(facts) else ['pulumi.export("role_arn", role.arn)']
    told += [f'pulumi.export("external_id", "{facts.external_id}")'] * (facts.method == "role")
    if facts.method != "web_identity":
        owner = "user" if _keys(facts) else "base"
        told.append(f'key = aws.iam.AccessKey("key", user={owner}.name)')
        told.append('pulumi.export("access_key_id", key.id)')
        told.append('pulumi.export("secret_access_key", pulumi.Output.secret(key.secret))')
    return ["\n".join(told)]
