"""A pipeline that is being described: kept in the session from step to step.

Nothing of it is in the database, or in a cloud, before it is saved. It holds what was typed,
right or wrong, so that a reload, a way back or an error loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

KEY = "drafts"
MOST = 8
TEXTS = ("name", "note")


@dataclass
class Draft:
    id: str
    pipeline: int | None = None  # the one that is edited
    base: int | None = None  # number of the Version that the edit began with
    connection: int | None = None
    blueprint: str = ""
    name: str = ""
    note: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    triggers: list[dict[str, str]] | None = None  # None: not asked yet
    before_example: dict[str, Any] | None = None
    saved_at: str = ""

    @property
    def saved(self) -> datetime | None:
        return datetime.fromisoformat(self.saved_at) if self.saved_at else None

    @property
    def pristine(self) -> bool:
        return not (self.connection or self.blueprint or self.name or self.settings)


def start(session: SessionBase) -> Draft:
    """A new draft; one that nothing was typed into is used again."""
    for draft in every(session):
        if draft.pristine and draft.pipeline is None:
            return draft
    draft = Draft(id=token_urlsafe(6).replace("-", "a").replace("_", "b"))
    keep(session, draft)
    return draft


def every(session: SessionBase) -> Iterator[Draft]:
    """Newest first."""
    kept = session.get(KEY, {})
    for content in sorted(kept.values(), key=lambda one: one.get("saved_at", ""), reverse=True):
        yield _read(content)


def load(session: SessionBase, id: str) -> Draft | None:
    content = session.get(KEY, {}).get(id)
    return _read(content) if content else None


def keep(session: SessionBase, draft: Draft) -> None:
    draft.saved_at = datetime.now(UTC).isoformat(timespec="seconds")
    kept = {**session.get(KEY, {}), draft.id: asdict(draft)}
    newest = sorted(kept, key=lambda id: kept[id]["saved_at"], reverse=True)[:MOST]
    session[KEY] = {id: kept[id] for id in newest}


def discard(session: SessionBase, id: str) -> None:
    session[KEY] = {key: one for key, one in session.get(KEY, {}).items() if key != id}


def _read(content: dict[str, Any]) -> Draft:
    # A release may have left fields that this one does not know.
    known = {one.name for one in fields(Draft)}
    return Draft(**{name: value for name, value in content.items() if name in known})
