"""Who may take on a Connection's role: its trust policy."""

from __future__ import annotations

import json

from provisioning.clouds.policies.aws_resources import partition_of
from provisioning.clouds.setting_up.facts import Facts

AUDIENCE = "sts.amazonaws.com"


def trust_policy(facts: Facts, *, account: str, base_account: str) -> str:
    """For the methods that have a role. The ids may be what a program fills in."""
    arn = f"arn:{partition_of(facts.region)}:iam:"
    if facts.method == "web_identity":
        host = facts.issuer_host
        trusted = {"Federated": f"{arn}:{account}:oidc-provider/{host}"}
        action = "sts:AssumeRoleWithWebIdentity"
        condition = {f"{host}:aud": AUDIENCE, f"{host}:sub": facts.subject}
    else:
        trusted = {"AWS": f"{arn}:{base_account}:user/{facts.aws_base}"}
        action = "sts:AssumeRole"
        condition = {"sts:ExternalId": facts.external_id}
    statement = {
        "Effect": "Allow",
        "Principal": trusted,
        "Action": action,
        "Condition": {"StringEquals": condition},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def base_policy(facts: Facts) -> str:
    """All that the user may do that takes on the role."""
    resource = f"arn:{partition_of(facts.region)}:iam::*:role/{facts.aws_name}"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
