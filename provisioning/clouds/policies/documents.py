"""What a policy is made from, and what it is."""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.contracts import Level

# Stands where an id is not known yet; people replace it.
ACCOUNTS = {"aws": "ACCOUNT_ID", "azure": "SUBSCRIPTION_ID", "google": "PROJECT_ID"}


@dataclass(frozen=True)
class Needed:
    """The permissions of a level. `reading`: those of them that *observe* needs, which are
    for all that is in the account, not only for what is Skyclock's."""

    level: Level
    permissions: tuple[str, ...]
    reading: tuple[str, ...]
    account: str = ""
    region: str = ""
    suffix: str = ""  # of its names: two Connections of an account have policies of their own


@dataclass(frozen=True)
class PolicyDocument:
    """`file` is what it is saved as; `name` is what the cloud calls it."""

    name: str
    file: str
    text: str
    notes: tuple[str, ...] = ()
