"""Setting an account of the sandbox up from the form, and keeping what came of it for the form.

The draft stays in the person's session, sealed: what is secret in it is never sent to a browser.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from pydantic import SecretStr

from dashboard import audit, secrets
from dashboard.access import require_admin
from dashboard.models import Connection, User
from dashboard.services import connections
from dashboard.services.opening import access_with
from dashboard.services.setting_up import Identity, SetUp
from provisioning import clouds
from provisioning.clouds.setting_up import sandbox
from provisioning.contracts import Access, Cloud, Credential
from provisioning.errors import CredentialUnreadable

KEY = "connection-drafts"
MOST = 5  # of one session; the oldest goes


def set_up(*, actor: User, shown: SetUp) -> dict[str, str]:
    """Do what the blocks say; the fields of the form. Raises CloudError."""
    require_admin(actor)
    facts = shown.facts
    made = sandbox.set_up(facts, _administrator(facts.cloud))
    detail = {"cloud": facts.cloud.value, "method": facts.method, "level": facts.level.value}
    audit.record(actor=actor, action="sandbox.set_up", subject="sandbox", detail=detail)
    return made


def keep(
    session: MutableMapping[str, Any], identity: Identity, method: str, made: Mapping[str, str]
) -> None:
    """For the form of this identity."""
    credential = Credential(method=method, fields={n: SecretStr(v) for n, v in made.items()})
    drafts = dict(session.get(KEY, {}))
    drafts[str(identity.uid)] = secrets.seal(credential)
    session[KEY] = dict(list(drafts.items())[-MOST:])


def kept(session: Mapping[str, Any], identity: Identity, method: str) -> dict[str, str]:
    """What was made for it; nothing where that was long ago, or by another method."""
    sealed = session.get(KEY, {}).get(str(identity.uid))
    if not sealed:
        return {}
    try:
        found = secrets.unseal(sealed)
    except CredentialUnreadable:  # the keys were changed since
        return {}
    if found.method != method:
        return {}
    return {name: value.get_secret_value() for name, value in found.fields.items()}


def forget(session: MutableMapping[str, Any], identity: Identity) -> None:
    """Once it is saved in its own row."""
    drafts = dict(session.get(KEY, {}))
    if drafts.pop(str(identity.uid), None):
        session[KEY] = drafts


def _administrator(cloud: Cloud) -> Access:
    account, region = connections.SANDBOX_ACCOUNTS[cloud]
    row = Connection(cloud=cloud.value, account=account, region=region, sandbox=True)
    return access_with(row, clouds.sandbox_credential(cloud, account))
