"""Setting an Azure subscription up with the Azure CLI."""

from __future__ import annotations

import json

from provisioning.clouds.policies import ACCOUNTS
from provisioning.clouds.setting_up.azure_parts import PROVIDERS, federated
from provisioning.clouds.setting_up.facts import Facts, heredoc
from provisioning.contracts import Level

OWN_SUBSCRIPTION = "$(az account show --query id --output tsv)"


def text(facts: Facts) -> str:
    credential = {
        "federation": _federation, "certificate": _certificate, "client_secret": _secret,
    }[facts.method](facts)  # fmt: skip
    parts = [
        f"SUBSCRIPTION={facts.account or OWN_SUBSCRIPTION}",
        f'CLIENT_ID=$(az ad app create --display-name "{facts.azure_name}" \\\n'
        "  --query appId --output tsv)\n"
        'PRINCIPAL=$(az ad sp create --id "$CLIENT_ID" --query id --output tsv)',
        credential,
        _role(facts),
    ]
    if facts.level is Level.DEPLOY:
        parts.append("\n".join(f"az provider register --namespace {each}" for each in PROVIDERS))
    return "\n\n".join([*parts, _told()])


def _federation(facts: Facts) -> str:
    return (
        heredoc("federated.json", json.dumps(federated(facts), indent=2))
        + '\naz ad app federated-credential create --id "$CLIENT_ID" \\\n'
        "  --parameters @federated.json"
    )


def _certificate(facts: Facts) -> str:
    return (
        "# Both files go into the form, key.pem and cert.pem one after the other.\n"
        "openssl req -x509 -newkey rsa:2048 -nodes -days 365 \\\n"
        f'  -subj "/CN={facts.azure_name}" -keyout key.pem -out cert.pem\n'
        'az ad app credential reset --id "$CLIENT_ID" --cert @cert.pem --append'
    )


def _secret(facts: Facts) -> str:
    return (
        "# Shown once: it goes into the form.\n"
        'az ad app credential reset --id "$CLIENT_ID" --years 1 --append \\\n'
        "  --display-name Skyclock --query password --output tsv"
    )


def _role(facts: Facts) -> str:
    (document,) = facts.policy
    filled = document.text.replace(ACCOUNTS["azure"], "$SUBSCRIPTION")
    return (
        heredoc(document.file, filled)
        + f"\naz role definition create --role-definition @{document.file}\n"
        'az role assignment create --assignee-object-id "$PRINCIPAL" \\\n'
        "  --assignee-principal-type ServicePrincipal \\\n"
        f'  --role "{document.name}" --scope "/subscriptions/$SUBSCRIPTION"'
    )


def _told() -> str:
    return (
        "# Into the form:\n"
        'echo "tenant_id: $(az account show --query tenantId --output tsv)"\n'
        'echo "client_id: $CLIENT_ID"\n'
        'echo "subscription_id: $SUBSCRIPTION"'
    )
