"""Setting an Azure subscription up with Terraform, or with Pulumi in Python."""

from __future__ import annotations

import json

from provisioning.clouds.setting_up.azure_parts import AUDIENCE, CREDENTIAL_NAME, role
from provisioning.clouds.setting_up.facts import Facts, indented

TF_START = """terraform {
  required_providers {
    azuread = { source = "hashicorp/azuread" }
    azurerm = { source = "hashicorp/azurerm" }
  }
}

provider "azurerm" {
  features {}%s
}

data "azurerm_subscription" "current" {}
data "azuread_client_config" "current" {}

resource "azuread_application" "skyclock" {
  display_name = "%s"
}

resource "azuread_service_principal" "skyclock" {
  client_id = azuread_application.skyclock.client_id
}"""
TF_END = """resource "azurerm_role_assignment" "skyclock" {
  scope              = data.azurerm_subscription.current.id
  role_definition_id = azurerm_role_definition.skyclock.role_definition_resource_id
  principal_id       = azuread_service_principal.skyclock.object_id
}

output "tenant_id" {
  value = data.azuread_client_config.current.tenant_id
}

output "client_id" {
  value = azuread_application.skyclock.client_id
}

output "subscription_id" {
  value = data.azurerm_subscription.current.subscription_id
}"""
PULUMI_START = """import pulumi
import pulumi_azure_native as azure
import pulumi_azuread as azuread

client = azure.authorization.get_client_config()
subscription = f"/subscriptions/{client.subscription_id}"
app = azuread.Application("skyclock", display_name="%s")
principal = azuread.ServicePrincipal("skyclock", client_id=app.client_id)"""
PULUMI_END = """azure.authorization.RoleAssignment(
    "skyclock",
    scope=subscription,
    role_definition_id=role.id,
    principal_id=principal.object_id,
    principal_type="ServicePrincipal",
)
pulumi.export("tenant_id", client.tenant_id)
pulumi.export("client_id", app.client_id)
pulumi.export("subscription_id", client.subscription_id)"""


def terraform(facts: Facts) -> str:
    chosen = f'\n  subscription_id = "{facts.account}"' if facts.account else ""
    start = TF_START % (chosen, facts.azure_name)
    return "\n\n".join([start, _tf_credential(facts), _tf_role(facts), TF_END])


def pulumi(facts: Facts) -> str:
    start = PULUMI_START % facts.azure_name
    return "\n\n".join([start, _pulumi_credential(facts), _pulumi_role(facts), PULUMI_END])


def _tf_credential(facts: Facts) -> str:
    app = "  application_id = azuread_application.skyclock.id\n"
    if facts.method == "federation":
        return (
            f'resource "azuread_application_federated_identity_credential" "skyclock" {{\n{app}'
            f'  display_name   = "{CREDENTIAL_NAME}"\n'
            f'  issuer         = "{facts.issuer}"\n'
            f'  subject        = "{facts.subject}"\n'
            f'  audiences      = ["{AUDIENCE}"]\n}}'
        )
    if facts.method == "certificate":
        return (
            "# cert.pem only; its key stays with you and goes into the form.\n"
            f'resource "azuread_application_certificate" "skyclock" {{\n{app}'
            '  type           = "AsymmetricX509Cert"\n'
            '  value          = file("cert.pem")\n}'
        )
    return (
        f'resource "azuread_application_password" "skyclock" {{\n{app}'
        '  display_name   = "Skyclock"\n}\n\n'
        'output "client_secret" {\n  value     = azuread_application_password.skyclock.value\n'
        "  sensitive = true\n}"
    )


def _tf_role(facts: Facts) -> str:
    found = role(facts)
    actions = indented(json.dumps(found["Actions"], indent=2), 4).lstrip()
    data = indented(json.dumps(found["DataActions"], indent=2), 4).lstrip()
    return (
        'resource "azurerm_role_definition" "skyclock" {\n'
        f'  name              = "{found["Name"]}"\n'
        f'  description       = "{found["Description"]}"\n'
        "  scope             = data.azurerm_subscription.current.id\n"
        "  assignable_scopes = [data.azurerm_subscription.current.id]\n"
        f"  permissions {{\n    actions = {actions}\n    data_actions = {data}\n  }}\n}}"
    )


def _pulumi_credential(facts: Facts) -> str:
    if facts.method == "federation":
        return (
            'azuread.ApplicationFederatedIdentityCredential(\n    "skyclock",\n'
            f'    application_id=app.id,\n    display_name="{CREDENTIAL_NAME}",\n'
            f'    issuer="{facts.issuer}",\n    subject="{facts.subject}",\n'
            f'    audiences=["{AUDIENCE}"],\n)'
        )
    if facts.method == "certificate":
        return (
            "# cert.pem only; its key stays with you and goes into the form.\n"
            'azuread.ApplicationCertificate(\n    "skyclock",\n    application_id=app.id,\n'
            '    type="AsymmetricX509Cert",\n    value=open("cert.pem").read(),\n)'
        )
    return (
        'secret = azuread.ApplicationPassword("skyclock", application_id=app.id, '
        'display_name="Skyclock")\n'
        'pulumi.export("client_secret", pulumi.Output.secret(secret.value))'
    )


def _pulumi_role(facts: Facts) -> str:
    found = role(facts)
    actions = indented(json.dumps(found["Actions"], indent=4), 12).lstrip()
    data = indented(json.dumps(found["DataActions"], indent=4), 12).lstrip()
    return (
        'role = azure.authorization.RoleDefinition(\n    "skyclock",\n    scope=subscription,\n'
        f'    role_name="{found["Name"]}",\n    description="{found["Description"]}",\n'
        '    role_type="CustomRole",\n    assignable_scopes=[subscription],\n'
        f'    permissions=[\n        {{\n            "actions": {actions},\n'
        f'            "data_actions": {data},\n        }}\n    ],\n)'
    )
