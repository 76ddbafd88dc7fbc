"""System checks that look into the database: `manage.py check --database default`."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from dashboard.services import sealing
from provisioning.errors import CredentialUnreadable


@register(Tags.database)
def check_sealed_values(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Whatever is sealed can be opened with the keys that are here.

    A warning, because `migrate` asks as well, and a lost key must not keep anybody from that.
    """
    if not databases:
        return []
    try:
        lost = sealing.tally().unreadable
    except CredentialUnreadable:
        return []  # another check says so: a key is none
    except DatabaseError:
        return []  # there are no tables yet
    return [Warning(sealing.sentence(lost), id="skyclock.W002")] if lost else []
