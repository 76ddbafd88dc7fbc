"""Setting a Google project up with Terraform, or with Pulumi in Python."""

from __future__ import annotations

import json

from provisioning.clouds.setting_up.facts import Facts, indented
from provisioning.clouds.setting_up.google_parts import (
    CONDITION,
    POOL,
    POOL_USER,
    PROVIDER,
    TOKEN_CREATOR,
    apis,
    audience,
    base_name,
    member,
    permissions,
)

TF_START = """terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}%s

data "google_project" "current" {}

resource "google_project_service" "skyclock" {
  for_each           = toset(%s)
  service            = each.value
  disable_on_destroy = false
}

resource "google_service_account" "skyclock" {
  account_id = "%s"
}

resource "google_project_iam_custom_role" "skyclock" {
  role_id     = "%s"
  title       = "Skyclock %s"
  permissions = %s
}

resource "google_project_iam_member" "skyclock" {
  project = data.google_project.current.project_id
  role    = google_project_iam_custom_role.skyclock.name
  member  = google_service_account.skyclock.member
}"""
TF_NUMBER = "${data.google_project.current.number}"
TF_FEDERATION = """resource "google_iam_workload_identity_pool" "skyclock" {
  workload_identity_pool_id = "%(pool)s"
}

resource "google_iam_workload_identity_pool_provider" "skyclock" {
  workload_identity_pool_id = google_iam_workload_identity_pool.skyclock.workload_identity_pool_id
  workload_identity_pool_provider_id = "%(provider)s"
  attribute_mapping   = { "google.subject" = "assertion.sub" }
  attribute_condition = "%(condition)s"
  oidc {
    issuer_uri = "%(issuer)s"
  }
}

resource "google_service_account_iam_member" "skyclock" {
  service_account_id = google_service_account.skyclock.name
  role               = "%(role)s"
  member             = "%(member)s"
}

output "audience" {
  value = "%(audience)s"
}"""
TF_KEY = """resource "google_service_account_key" "skyclock" {
  service_account_id = google_service_account.%s.name
}

output "service_account_key" {
  value     = base64decode(google_service_account_key.skyclock.private_key)
  sensitive = true
}"""
TF_BASE = """resource "google_service_account" "base" {
  account_id = "%s"
}

resource "google_service_account_iam_member" "base" {
  service_account_id = google_service_account.skyclock.name
  role               = "%s"
  member             = google_service_account.base.member
}"""
PULUMI_START = """import pulumi
import pulumi_gcp as gcp

project = gcp.organizations.get_project(%s)
for api in %s:
    gcp.projects.Service(api, service=api, disable_on_destroy=False)

account = gcp.serviceaccount.Account("skyclock", account_id="%s")
role = gcp.projects.IAMCustomRole(
    "skyclock",
    role_id="%s",
    title="Skyclock %s",
    permissions=%s,
)
gcp.projects.IAMMember(
    "skyclock", project=project.project_id, role=role.name, member=account.member
)"""
PULUMI_FEDERATION = """pool = gcp.iam.WorkloadIdentityPool(
    "skyclock", workload_identity_pool_id="%(pool)s"
)
gcp.iam.WorkloadIdentityPoolProvider(
    "skyclock",
    workload_identity_pool_id=pool.workload_identity_pool_id,
    workload_identity_pool_provider_id="%(provider)s",
    attribute_mapping={"google.subject": "assertion.sub"},
    attribute_condition="%(condition)s",
    oidc={"issuer_uri": "%(issuer)s"},
)
gcp.serviceaccount.IAMMember(
    "skyclock",
    service_account_id=account.name,
    role="%(role)s",
    member=f"%(member)s",
)
pulumi.export("audience", f"%(audience)s")"""
PULUMI_KEY = """from base64 import b64decode

key = gcp.serviceaccount.Key("skyclock", service_account_id=%s.name)
text = key.private_key.apply(lambda found: b64decode(found).decode())
pulumi.export("service_account_key", pulumi.Output.secret(text))"""
PULUMI_BASE = """base = gcp.serviceaccount.Account("base", account_id="%s")
gcp.serviceaccount.IAMMember(
    "base", service_account_id=account.name, role="%s", member=base.member
)"""


def terraform(facts: Facts) -> str:
    (document,) = facts.policy
    chosen = f'\n\nprovider "google" {{\n  project = "{facts.account}"\n}}' if facts.account else ""
    start = TF_START % (
        chosen, _listed(apis(facts), 2), facts.google_name, document.name, facts.level.value,
        _listed(permissions(facts), 2),
    )  # fmt: skip
    parts = {
        "federation": [TF_FEDERATION % _pool(facts, TF_NUMBER)],
        "impersonation": [TF_BASE % (base_name(facts), TOKEN_CREATOR), TF_KEY % "base"],
        "service_account": [TF_KEY % "skyclock"],
    }[facts.method]
    told = {"federation": "service_account_email", "impersonation": "target_principal"}
    if name := told.get(facts.method):
        parts.append(f'output "{name}" {{\n  value = google_service_account.skyclock.email\n}}')
    return "\n\n".join([start, *parts])


def pulumi(facts: Facts) -> str:
    (document,) = facts.policy
    chosen = f'project_id="{facts.account}"' if facts.account else ""
    start = PULUMI_START % (
        chosen, _listed(apis(facts), 0), facts.google_name, document.name, facts.level.value,
        _listed(permissions(facts), 4),
    )  # fmt: skip
    parts = {
        "federation": [PULUMI_FEDERATION % _pool(facts, "{project.number}")],
        "impersonation": [PULUMI_BASE % (base_name(facts), TOKEN_CREATOR), PULUMI_KEY % "base"],
        "service_account": [PULUMI_KEY % "account"],
    }[facts.method]
    told = {"federation": "service_account_email", "impersonation": "target_principal"}
    if name := told.get(facts.method):
        parts.append(f'pulumi.export("{name}", account.email)')
    return "\n\n".join([start, *parts])


def _pool(facts: Facts, number: str) -> dict[str, str]:
    return {
        "pool": POOL,
        "provider": PROVIDER,
        "condition": CONDITION,
        "issuer": facts.issuer,
        "role": POOL_USER,
        "member": member(facts, number),
        "audience": audience(number),
    }


def _listed(items: list[str], by: int) -> str:
    return indented(json.dumps(items, indent=4 if by == 0 else by), by).lstrip()
