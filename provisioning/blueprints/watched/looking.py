"""Asking an account what it has: read-only, bounded, and what is not allowed is said."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Unread
from provisioning.errors import CloudError, PermissionDenied

MOST = 2000  # of each kind in one account
A_SECOND = 10  # calls for single things, of an account that others use too
NOT_ASKED = frozenset({"SERVICE_DISABLED", "BILLING_DISABLED"})  # no permission would help

T = TypeVar("T")


class Look:
    """One look at an account. `all_of` never raises what a cloud says: it becomes Unread."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.unread: list[Unread] = []

    def all_of(
        self, what: str, permissions: tuple[str, ...], listed: Iterable[T], *kinds: str
    ) -> list[T]:
        """What is listed; what was read before a refusal counts. Past MOST it says so. `kinds`
        are those whose list this is."""
        found: list[T] = []
        try:
            with cloud_errors(f"list the {what}"):
                for each in islice(listed, MOST + 1):
                    found.append(each)
        except CloudError as error:
            self.unread.append(refused(what, permissions, error, kinds))
        if len(found) > MOST:
            message = f"There are more than {MOST:,}; the others were not looked at."
            self.unread.append(Unread(what=what, message=message, kinds=kinds))
        return found[:MOST]

    def spaced(self, each: Iterable[T]) -> Iterator[T]:
        """For calls about single things: not faster than others who use the account can bear."""
        for one in each:
            if not self.session.sandbox:
                time.sleep(1 / A_SECOND)
            yield one


def refused(
    what: str, permissions: tuple[str, ...], error: CloudError, kinds: tuple[str, ...]
) -> Unread:
    if isinstance(error, PermissionDenied) and error.code not in NOT_ASKED:
        verb = "is" if len(permissions) == 1 else "are"
        needed = f"{' and '.join(permissions)} {verb} missing, or not allowed here"
        return Unread(what=what, missing=permissions, message=f"{needed}: {error}", kinds=kinds)
    return Unread(what=what, message=str(error), kinds=kinds)


def key_of(cloud_id: str) -> str:
    """Of a trigger, the same at every look; runs name their trigger by it."""
    return f"w{sha256(cloud_id.encode()).hexdigest()[:12]}"
