"""Who a Connection to Google is, as policies name it: the lines to add need that."""

from __future__ import annotations

import base64
import json
from typing import Any

from provisioning.blueprints.google_common.troubles import account_member
from provisioning.contracts import Access


def member_of(access: Access) -> str:
    """ "serviceAccount:…" or "principal://…"; "" of the sandbox's own."""
    credential = access.credential
    key = _object(credential.reveal("service_account_key") or "{}")
    taken_on = credential.reveal("target_principal") or credential.reveal("service_account_email")
    email = taken_on or str(key.get("client_email", ""))
    if email:
        return account_member(email)
    pool = (credential.reveal("audience") or "").partition("/providers/")[0]
    subject = _subject(access) if pool else ""
    return f"principal:{pool}/subject/{subject}" if subject else ""


def _subject(access: Access) -> str:
    """Of the token that Skyclock signed itself, so nobody checks it here."""
    token = access.identity_token.get_secret_value() if access.identity_token else ""
    body = token.split(".")[1] if token.count(".") == 2 else ""
    read = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "replace")
    return str(_object(read).get("sub", ""))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
