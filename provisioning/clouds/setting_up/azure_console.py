"""Setting an Azure subscription up by hand in its portal."""

from __future__ import annotations

from provisioning.clouds.setting_up.azure_parts import AUDIENCE, CREDENTIAL_NAME, PROVIDERS
from provisioning.clouds.setting_up.facts import Facts, numbered
from provisioning.contracts import Level


def text(facts: Facts) -> str:
    (document,) = facts.policy
    steps = [
        "Microsoft Entra ID, App registrations, New registration. "
        f"Name: {facts.azure_name}. Accounts in this organisation only. Register. Its overview has "
        "the client ID and the tenant ID for the form.",
        _credential(facts),
        "Subscriptions, your subscription, Access control (IAM), Add, Add custom role. Start from "
        f"JSON: upload {document.file}, which is shown below. Name: {document.name}. Create.",
        f"There again: Add, Add role assignment. Role: {document.name}. Members: "
        f"{facts.azure_name}. Review and assign.",
        "The subscription's overview has the subscription ID for the form.",
    ]
    if facts.level is Level.DEPLOY:
        steps.append(
            f"The subscription, Resource providers: register {', '.join(PROVIDERS)} where they are "
            "not."
        )
    return numbered(steps)


def _credential(facts: Facts) -> str:
    start = "The app's Certificates & secrets, "
    if facts.method == "federation":
        return (
            f"{start}Federated credentials, Add credential. Scenario: Other issuer. "
            f"Issuer: {facts.issuer}. Subject identifier: {facts.subject}. "
            f"Name: {CREDENTIAL_NAME}. Audience: {AUDIENCE}. Add."
        )
    if facts.method == "certificate":
        return (
            f"{start}Certificates, Upload certificate: only the certificate, in PEM. Its private "
            "key stays with you; key and certificate go into the form, one after the other."
        )
    return (
        f"{start}Client secrets, New client secret, for a year at most. Its value, not its ID, "
        "goes into the form; Azure shows it once."
    )
