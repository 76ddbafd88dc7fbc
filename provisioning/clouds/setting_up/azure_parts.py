"""What all ways to set Azure up have in common."""

from __future__ import annotations

import json
from typing import Any

from provisioning.clouds.setting_up.facts import Facts

AUDIENCE = "api://AzureADTokenExchange"
CREDENTIAL_NAME = "skyclock"
# Deploying needs them registered, which takes an owner's or contributor's role, once.
PROVIDERS = ("Microsoft.DataFactory", "Microsoft.EventGrid", "Microsoft.Storage")


def federated(facts: Facts) -> dict[str, Any]:
    """A federated credential, as Microsoft Graph takes it."""
    return {
        "name": CREDENTIAL_NAME,
        "issuer": facts.issuer,
        "subject": facts.subject,
        "audiences": [AUDIENCE],
    }


def role(facts: Facts) -> dict[str, Any]:
    """The custom role of the policy."""
    found: dict[str, Any] = json.loads(facts.policy[0].text)
    return found
