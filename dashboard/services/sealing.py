"""All that is sealed in the database: which key opens it, and sealing it again with the newest.

Sealing again goes row by row, and writes only where nothing was changed meanwhile; so it can be
ended at any moment, and what is left is done by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from dashboard import secrets
from dashboard.models import Connection, SealedField, WorkerHost
from dashboard.services.workers import ALIVE
from provisioning.errors import NotPossible

BATCH = 200
MOST_PASSES = 3  # over all; more are needed only where somebody keeps sealing with an old key

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """One sealed field of one model."""

    model: type[Model]
    field: str

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name}, {self.field.replace('_', ' ')}"

    def rows(self) -> QuerySet[Any]:
        """Those that have something sealed."""
        return self.model._default_manager.exclude(**{self.field: ""})

    def batches(self) -> Iterator[list[tuple[Any, str]]]:
        """Their primary keys with what is sealed, as it is when the batch is asked for."""
        rows = self.rows().order_by("pk").values_list("pk", self.field)
        batch = list(rows[:BATCH])
        while batch:
            yield batch
            batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


@dataclass(frozen=True)
class Unreadable:
    """A value that no key opens."""

    place: Place
    pk: Any
    name: str

    def __str__(self) -> str:
        return f"{self.place.model._meta.verbose_name} {self.name}"

    @property
    def is_connection(self) -> bool:
        return self.place.model is Connection


@dataclass(frozen=True)
class Tally:
    """How many values each key opens, the newest key first; and what nobody can open here,
    Connections before the rest."""

    by_key: dict[str, int]
    unreadable: tuple[Unreadable, ...]

    @property
    def newest(self) -> str:
        return next(iter(self.by_key))

    @property
    def total(self) -> int:
        return sum(self.by_key.values()) + len(self.unreadable)

    @property
    def older(self) -> dict[str, int]:
        return {name: count for name, count in self.by_key.items() if name != self.newest}


def places() -> list[Place]:
    """Every sealed field that there is; nobody has to write it down here."""
    return [
        Place(model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, SealedField)
    ]


def tally() -> Tally:
    counts: Counter[str] = Counter()
    lost: list[Unreadable] = []
    for place in places():
        for pk, sealed in _all(place):
            if name := secrets.opener(sealed):
                counts[name] += 1
            else:
                lost.append(_unreadable(place, pk))
    lost.sort(key=lambda each: (not each.is_connection, each.name))
    return Tally({name: counts[name] for name in secrets.key_names()}, tuple(lost))


def sentence(lost: Sequence[Unreadable]) -> str:
    """What cannot be opened, and what helps; "" where all can."""
    if not lost:
        return ""
    named = ", ".join(dict.fromkeys(str(each) for each in lost[:10]))
    more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
    return (
        f"No sealing key of this installation opens what is stored of: {named}{more}. Put the key "
        "that sealed it back, as the last one of the sealing keys, and start Skyclock again; if "
        "it is lost, enter these credentials again."
    )


# ── Sealing again ───────────────────────────────────────────────────────────────────


def require_known_to_workers() -> None:
    """A worker without the newest key could open nothing any more."""
    newest = secrets.key_names()[0]
    alive = WorkerHost.objects.filter(seen_at__gt=timezone.now() - ALIVE)
    behind = [row.host for row in alive if newest not in row.sealing_keys]
    if behind:
        raise NotPossible(
            f"The worker on {', '.join(behind)} was started without the newest key, so it could "
            "open nothing after this. Start Skyclock again with the new keys first."
        )


def rotate(tell: Tell) -> Tally:
    """Seal everything again with the newest key; returns what each key opens then."""
    for _ in range(MOST_PASSES):
        changed = sum(_rotate(place, tell) for place in places())
        found = tally()
        if not changed or not any(found.older.values()):
            break
    return found


def _rotate(place: Place, tell: Tell) -> int:
    total, seen, done = place.rows().count(), 0, 0
    for batch in place.batches():
        resealed = [(pk, old, new) for pk, old in batch if (new := _resealed(old))]
        if resealed:
            with transaction.atomic():
                done += sum(_swap(place, pk, old, new) for pk, old, new in resealed)
        seen += len(batch)
        tell(f"{place}: {seen} of {max(total, seen)}")
    return done


def _resealed(old: str) -> str | None:
    """None where the newest key has it already, or none opens it."""
    newest = secrets.key_names()[0]
    if secrets.opener(old) in (newest, None):
        return None
    return secrets.reseal(old)


def _swap(place: Place, pk: Any, old: str, new: str) -> int:
    """Unless it was changed meanwhile: whoever did that has sealed it anew."""
    rows = place.model._default_manager.filter(pk=pk, **{place.field: old})
    return rows.update(**{place.field: new})


def _all(place: Place) -> Iterator[tuple[Any, str]]:
    for batch in place.batches():
        yield from batch


def _unreadable(place: Place, pk: Any) -> Unreadable:
    row = place.model._default_manager.filter(pk=pk).first()
    return Unreadable(place, pk, str(row))
