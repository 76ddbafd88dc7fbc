"""Watching what exists in an account like an own Pipeline, and ending it. Nothing is changed in
the cloud by either."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from django.db import IntegrityError, transaction
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_member
from dashboard.models import Connection, Discovered, Pipeline, Run, User
from dashboard.services import following, own_triggers
from dashboard.services.entering import require_level
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from dashboard.services.slugs import free_slug
from provisioning.contracts import Level, Watchable
from provisioning.errors import InvalidInput, NotPossible, Problem

MOST = 200  # at once
LONGEST_NAME = 80
ATTEMPTS = 3


def watch(*, actor: User, connection: Connection, items: Sequence[str]) -> list[Pipeline]:
    """Watch these, by their ids in the cloud, as the last look found them; all or none. One that
    is watched already stays so."""
    require_member(actor)
    require_level(connection, Level.OBSERVE)
    known = {row.cloud_id: row for row in connection.discovered.filter(cloud_id__in=items)}
    if problems := _problems(items, known):
        raise InvalidInput(problems)
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return [_watched(actor, known[each]) for each in dict.fromkeys(items)]
        except IntegrityError:  # somebody took the name, or watched the same, at this moment
            continue
    raise NotPossible("Many people are saving pipelines of these names right now. Try again.")


def _problems(items: Sequence[str], known: dict[str, Discovered]) -> list[Problem]:
    if not items:
        return [Problem("items", "Choose what is to be watched.", "required")]
    if len(items) > MOST:
        return [Problem("items", f"At most {MOST} at once.", "too-many")]
    found = []
    for position, item in enumerate(items):
        row, field = known.get(item), f"items.{position}"
        if row is None:
            message = "The last look at the account did not find this. Look again."
            found.append(Problem(field, message, "unknown"))
        elif row.owner_id:
            found.append(Problem(field, f"{row.name} is managed here, as {row.owner}.", "managed"))
        elif row.gone_at:
            found.append(Problem(field, f"{row.name} is gone from the cloud.", "gone"))
    return found


def _watched(actor: User, row: Discovered) -> Pipeline:
    present = Pipeline.objects.filter(
        connection=row.connection, cloud_id=row.cloud_id, managed=False, archived_at=None
    ).first()
    return present or _begin(actor, row)


def _begin(actor: User, row: Discovered) -> Pipeline:
    found = Watchable.model_validate(row.seen)
    # As the rows have its clock: the look has just read it.
    now = Connection.objects.get(pk=row.connection_id).now(row.last_seen)
    name = _free_name(row)
    pipeline = Pipeline.objects.create(
        name=name,
        slug=free_slug(name),
        connection=row.connection,
        blueprint=row.kind,
        managed=False,
        cloud_id=row.cloud_id,
        may_exist_in_cloud=True,
        followed_until=now,
        sync_due_at=timezone.now(),
        created_by=actor,
    )
    following.begin(pipeline, found, now)
    detail = {"connection": row.connection.name, "cloud_id": row.cloud_id}
    audit.record(actor=actor, action="pipeline.watch", subject=pipeline, detail=detail)
    pipeline.refresh_from_db()
    return pipeline


def _free_name(row: Discovered) -> str:
    """Its own, if no Pipeline has it."""
    plain = row.name.strip()[:LONGEST_NAME] or "Unnamed"
    taken = set(Pipeline.objects.filter(archived_at=None).values_list("name", flat=True))
    if plain not in taken:
        return plain
    end = f" ({row.connection.name})"
    longer = plain[: max(1, LONGEST_NAME - len(end) - 4)] + end[: LONGEST_NAME - 8]
    numbered = (longer if n == 1 else f"{longer} {n}" for n in count(1))
    return next(each for each in numbered if each not in taken)


@transaction.atomic
def stop(*, actor: User, pipeline: Pipeline) -> None:
    """Look at it no more. It stays in the cloud as it is, and what was seen in the history here."""
    require_member(actor)
    row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    if row.managed:
        raise NotPossible(f"{row.name} is managed here. Destroy it, or let go of it.")
    if row.archived_at:
        raise NotPossible(f"{row.name} is not watched any more.")
    real = timezone.now()
    now = row.connection.now(real)
    promises.destroyed(row, Change(min(now, row.followed_until or now), now))
    row.archived_at, row.may_exist_in_cloud, row.sync_due_at = real, False, None
    row.sync_error = ""
    row.save(update_fields=["archived_at", "may_exist_in_cloud", "sync_due_at", "sync_error"])
    unfinished = row.runs.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING])
    unfinished.update(complete=True)
    own_triggers.refresh_listeners(row)
    detail = {"connection": row.connection.name, "cloud_id": row.cloud_id}
    audit.record(actor=actor, action="pipeline.unwatch", subject=row, detail=detail)
    pipeline.refresh_from_db()
