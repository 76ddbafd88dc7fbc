"""A watched Pipeline follows what the cloud has: at each look, its definition as it is there.

What has changed since the look before becomes a Version, so that the page can say since when, and
runs and promises name the one they belong to. Between two looks nobody knows when it changed,
unless the cloud tells: due times in between are Occurrences only if a run answers them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboard.models import Pipeline, Version
from dashboard.services import own_triggers, trigger_specs
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from dashboard.services.proofs import forget, record
from dashboard.services.trigger_specs import Definition
from provisioning.blueprints import registry
from provisioning.blueprints.watched.watcher import proofs_of, seen_as, triggers_of
from provisioning.clouds.session import Session
from provisioning.contracts import TriggerProof, TriggerSpec, TriggerState, Unread, Watchable
from provisioning.errors import NotFound

# How far back a schedule counts as promised, where the cloud tells that it was so all the time.
LOOK_BACK = timedelta(days=7)
GONE = "It is not in the cloud any more."


def follow(pipeline: Pipeline, session: Session) -> None:
    """Look at it now. Raises what the cloud says, but for its being gone: that is a state."""
    now = session.now()
    try:
        found, unread = registry.watcher(pipeline.blueprint).observe(session, pipeline.cloud_id)
    except NotFound:
        _note_gone(pipeline, now)
    else:
        _note(pipeline, found, unread, now)
    pipeline.refresh_from_db()


def begin(pipeline: Pipeline, found: Watchable, now: datetime) -> None:
    """Its first definition, as the look saw it by which it was chosen."""
    _add_version(pipeline, _definition(found, {}), found, now, since=now)
    record(pipeline, proofs_of(found), now)


# ── Rows ────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def _note(pipeline: Pipeline, found: Watchable, unread: Sequence[Unread], now: datetime) -> None:
    row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    present = row.current_version
    assert present is not None  # made together with the row
    left = _left(present, found) if unread else {}
    definition = _definition(found, left)
    if row.gone_at or definition.differs_from(present):
        _add_version(row, definition, found, now, since=row.followed_until or now)
    proofs = (*proofs_of(found), *_unknown(row, left, unread))
    record(row, proofs, now)
    _seen(row, now, gone_at=None)


@transaction.atomic
def _note_gone(pipeline: Pipeline, now: datetime) -> None:
    row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    if row.gone_at is None:
        promises.destroyed(row, Change(row.followed_until or now, now))
        forget(row)
        row.triggers.filter(removed_at=None).update(message=GONE)
    _seen(row, now, gone_at=row.gone_at or now)


def _seen(row: Pipeline, now: datetime, *, gone_at: datetime | None) -> None:
    Pipeline.objects.filter(pk=row.pk).update(
        followed_until=now, gone_at=gone_at, verified_at=timezone.now()
    )


def _definition(found: Watchable, left: Mapping[str, Mapping[str, Any]]) -> Definition:
    """`left`: triggers of the look before that this one was not allowed to see."""
    settings = seen_as(found)
    specs: list[TriggerSpec] = list(triggers_of(found))
    for key, each in left.items():
        settings["starters"][key] = each["starter"]
        specs.append(trigger_specs.SPEC.validate_python(each["trigger"]))
    return Definition(settings=settings, triggers=tuple(sorted(specs, key=lambda one: one.key)))


def _left(present: Version, found: Watchable) -> dict[str, dict[str, Any]]:
    seen = {each.spec.key for each in found.triggers}
    starters = present.settings.get("starters", {})
    return {
        one["key"]: {"trigger": one, "starter": starters[one["key"]]}
        for one in present.triggers
        if one["key"] not in seen and one["key"] in starters
    }


def _unknown(
    row: Pipeline, left: Mapping[str, Mapping[str, Any]], unread: Sequence[Unread]
) -> tuple[TriggerProof, ...]:
    why = " ".join(each.message for each in unread)
    return tuple(
        TriggerProof(key=key, state=TriggerState.UNKNOWN, verified_at=timezone.now(), message=why)
        for key in left
    )


def _add_version(
    row: Pipeline, definition: Definition, found: Watchable, now: datetime, *, since: datetime
) -> None:
    """`since`: it was otherwise then, or nobody had looked."""
    last = row.versions.order_by("-number").values_list("number", flat=True).first()
    version = Version.objects.create(
        pipeline=row,
        number=(last or 0) + 1,
        settings=definition.settings,
        triggers=definition.triggers_as_json(),
        note="As the cloud has it",
    )
    trigger_specs.save_rows(row, definition.triggers)
    forget(row, keep=[spec.key for spec in definition.triggers])
    for key, starter in definition.settings["starters"].items():
        row.triggers.filter(key=key).update(paused=not starter["running"])
    first = row.current_version_id is None
    Pipeline.objects.filter(pk=row.pk).update(current_version=version, deployed_version=version)
    row.refresh_from_db()
    told = _told(found, now - LOOK_BACK if first else since)
    promises.deployed(row, version, Change(since, now), proofs_of(found), told)
    own_triggers.refresh_listeners(row)


def _told(found: Watchable, earliest: datetime) -> dict[str, datetime]:
    """Since when triggers are as they are, by the cloud's own word."""
    return {
        each.spec.key: max(each.since, earliest)
        for each in found.triggers
        if each.since is not None
    }
