"""What is shown to set the cloud's side of a Connection up, and that it is what will be saved.

The Connection's uid is fixed before there is a row, because the cloud's side names it: as the
subject of its tokens, and as the external id. Forms and API carry it signed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.core import signing

from dashboard.services import issuer, permissions
from provisioning.clouds import setting_up
from provisioning.clouds.methods import NEEDS_IDENTITY_TOKEN, credential_model
from provisioning.clouds.policies import PolicyDocument
from provisioning.clouds.setting_up import Block, Facts
from provisioning.contracts import Cloud, Level
from provisioning.errors import InvalidInput

SALT = "dashboard.connection"
LONGEST_SECONDS = 30 * 24 * 3600  # from being shown to being saved


@dataclass(frozen=True)
class Identity:
    """What the cloud's side calls a Connection."""

    uid: UUID

    @property
    def subject(self) -> str:
        return issuer.subject(self.uid)

    @property
    def external_id(self) -> str:
        return f"skyclock-{self.uid}"

    @property
    def short(self) -> str:
        return self.uid.hex[:8]

    @property
    def signed(self) -> str:
        return signing.dumps(str(self.uid), salt=SALT)


@dataclass(frozen=True)
class SetUp:
    facts: Facts
    identity: Identity
    blocks: tuple[Block, ...]

    @property
    def policy(self) -> tuple[PolicyDocument, ...]:
        return self.facts.policy

    @property
    def notes(self) -> list[str]:
        return [note for each in self.policy for note in each.notes]

    @property
    def by_token(self) -> bool:
        """Whether the cloud reads the issuer's documents, and so has to reach it."""
        return self.facts.method in NEEDS_IDENTITY_TOKEN


def new_identity() -> Identity:
    return Identity(uuid4())


def identity_of(signed: str) -> Identity:
    """The one that was shown. Raises InvalidInput where it was not signed here, or long ago."""
    try:
        return Identity(UUID(signing.loads(signed, salt=SALT, max_age=LONGEST_SECONDS)))
    except (signing.BadSignature, ValueError):
        message = "What was shown to set the cloud up is too old. Look at the blocks once more."
        raise InvalidInput.at("identity", message) from None


def show(
    cloud: Cloud,
    method: str,
    level: Level,
    *,
    identity: Identity,
    typed: Mapping[str, Any] | None = None,
    blueprints: Collection[str] = (),
) -> SetUp:
    """The blocks and the policy. `typed`: fields of the form so far, of which ids are taken."""
    credential_model(cloud, method)  # or it says which methods there are
    fields = {name: str(value).strip() for name, value in (typed or {}).items() if value}
    account, region = _account(cloud, fields), fields.get("region", "")
    facts = Facts(
        cloud=cloud,
        method=method,
        level=level,
        issuer=issuer.url(),
        subject=identity.subject,
        short=identity.short,
        external_id=identity.external_id,
        policy=permissions.policy(
            cloud,
            level,
            blueprints=blueprints,
            account=account,
            region=region if cloud is Cloud.AWS and _is_word(region) else "",
            suffix=identity.short,
        ),
        account=account,
        region=region if _is_word(region) else "",
    )
    return SetUp(facts, identity, setting_up.blocks(facts))


def unreachable(method: str) -> str:
    """Why clouds cannot use the issuer for this method, from its address alone; else ""."""
    return issuer.unfit(issuer.url()) if method in NEEDS_IDENTITY_TOKEN else ""


def _account(cloud: Cloud, fields: Mapping[str, str]) -> str:
    if cloud is Cloud.AWS:
        parts = fields.get("role_arn", "").split(":")
        found = parts[4] if len(parts) > 5 else fields.get("account", "")
        return found if found.isdigit() and len(found) == 12 else ""
    found = fields.get("subscription_id" if cloud is Cloud.AZURE else "project", "")
    found = found or fields.get("account", "")
    return found.lower() if _is_word(found) else ""


def _is_word(text: str) -> bool:
    """Blocks are pasted into shells: nothing that was typed gets there but plain words."""
    return text.isascii() and text.replace("-", "").isalnum()
