"""Doing on the sandbox what the blocks say, as its ready-made administrator.

What comes back are the fields of the method's form. Cloud SDKs are loaded when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from provisioning import masking
from provisioning.clouds.setting_up.facts import Facts
from provisioning.contracts import Access, Cloud
from provisioning.errors import NotPossible

HANDS: dict[Cloud, str] = {
    Cloud.AWS: "provisioning.clouds.setting_up.sandbox.aws",
    Cloud.AZURE: "provisioning.clouds.setting_up.sandbox.azure",
    Cloud.GOOGLE: "provisioning.clouds.setting_up.sandbox.google",
}


class Hand(Protocol):
    """What the module of one cloud offers."""

    def set_up(self, facts: Facts, access: Access) -> dict[str, str]: ...


def set_up(facts: Facts, access: Access) -> dict[str, str]:
    """Make the identity and give it its policy. Raises CloudError. Two for the same Connection
    are refused by the cloud, as everywhere: take new names."""
    if access.sandbox is None:
        raise NotPossible("Only the sandbox can be set up from here.")
    masking.remember(access.credential.secrets())
    return cast(Hand, import_module(HANDS[facts.cloud])).set_up(facts, access)
