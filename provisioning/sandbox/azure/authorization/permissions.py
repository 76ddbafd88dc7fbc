"""What a role permits: patterns of operations, in which `*` stands for anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict


class Permission(BaseModel):
    model_config = ConfigDict(frozen=True)

    actions: tuple[str, ...] = ()
    notActions: tuple[str, ...] = ()
    dataActions: tuple[str, ...] = ()
    notDataActions: tuple[str, ...] = ()

    def grants(self, action: str, *, data: bool = False) -> bool:
        """What another role grants, a `not…` of this one does not take away."""
        if data:
            return _any(self.dataActions, action) and not _any(self.notDataActions, action)
        return _any(self.actions, action) and not _any(self.notActions, action)

    def shown(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


EVERYTHING = Permission(actions=("*",), dataActions=("*",))


def covers(outer: str, inner: str) -> bool:
    """Whether a scope is another one, or lies in it."""
    outer, inner = outer.lower().rstrip("/"), inner.lower().rstrip("/")
    return inner == outer or inner.startswith(f"{outer}/")


def _any(patterns: Iterable[str], action: str) -> bool:
    return any(_compiled(each.lower()).fullmatch(action.lower()) for each in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
