"""When a deployed schedule was promised to fire, as deployments, pauses and edits made it.

Each is written in the transaction that writes what made it. What a crash left between a change
in the cloud and its row, `mend` puts right at the next pull, in favour of what did happen: a due
time of which it is not certain that it was promised is an Occurrence only if a run answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dashboard.models import Occurrence, Pipeline, Promise, Trigger, Version
from provisioning.contracts import TriggerKind, TriggerProof
from provisioning.schedules.due_times import SCHEDULED, same_times

SETTLE = timedelta(seconds=60)  # a change in the cloud takes effect within it
End = Promise.End


@dataclass(frozen=True)
class Change:
    """A change in the cloud, by the Connection's clock: when it was begun, and when it was done."""

    began: datetime
    ended: datetime

    @property
    def settled(self) -> datetime:
        return self.ended + SETTLE


def deployed(
    pipeline: Pipeline,
    version: Version,
    change: Change,
    proofs: Iterable[TriggerProof] = (),
    told: Mapping[str, datetime] | None = None,
) -> None:
    """The cloud has this Version now. A schedule that fires as before stays promised throughout.
    `told`: since when the cloud itself says that a trigger is so, by key."""
    natives = {proof.key: list(proof.native) for proof in proofs}
    coming = _wanted(pipeline, version)
    for promise in _open(pipeline):
        definition = coming.get(promise.trigger.key)
        if definition is None:
            _end(promise, End.PAUSED if promise.trigger.paused else End.REMOVED, change)
        elif not same_times(promise.definition, definition):
            _end(promise, End.EDITED, change)
        elif promise.since <= change.ended:
            _continue(promise, version, definition, change, natives)
            del coming[promise.trigger.key]
        else:  # the one before has not settled yet
            Promise.objects.filter(pk=promise.pk).update(version=version, definition=definition)
            del coming[promise.trigger.key]
    for trigger in pipeline.triggers.filter(key__in=list(coming)):
        began = _last_end(trigger) if _makes_up(trigger) else None
        _begin(
            trigger,
            version,
            coming[trigger.key],
            began=began or change.began,
            since=(told or {}).get(trigger.key) or change.settled,
            native=natives.get(trigger.key),
        )


def destroyed(pipeline: Pipeline, change: Change) -> None:
    for promise in _open(pipeline):
        _end(promise, End.DESTROYED, change)


def paused(trigger: Trigger, at: datetime) -> None:
    """Somebody wishes it; the cloud follows. Until it has, the trigger may fire."""
    for promise in _open(trigger.pipeline).filter(trigger=trigger):
        _end(promise, End.PAUSED, Change(at, at), ceased=None)


def pause_took_effect(trigger: Trigger, at: datetime) -> None:
    rows = trigger.promises.filter(ended=End.PAUSED, ceased=None)
    rows.update(ceased=at + SETTLE)


def resumed(trigger: Trigger, version: Version, change: Change) -> None:
    definition = _definition(version, trigger.key)
    if definition is None or trigger.promises.filter(until=None).exists():
        return  # it was never promised to stop
    began = _last_end(trigger) if _makes_up(trigger) else None
    _begin(trigger, version, definition, began=began or change.began, since=change.settled)


@transaction.atomic
def mend(pipeline: Pipeline, now: datetime) -> None:
    """Make the promises fit what is deployed and what people want, where a crash, or a release
    that did not know of promises, left them otherwise."""
    version = Pipeline.objects.select_for_update().get(pk=pipeline.pk).deployed_version
    if pipeline.being_deployed:
        return  # its outcome will write them
    coming = _wanted(pipeline, version) if version else {}
    change = Change(now, now)
    for promise in _open(pipeline):
        if promise.trigger.key not in coming:
            _end(promise, End.PAUSED if promise.trigger.paused else End.REMOVED, change)
        coming.pop(promise.trigger.key, None)
    for trigger in pipeline.triggers.filter(key__in=list(coming)):
        began = _last_end(trigger) or now
        if version:
            _begin(trigger, version, coming[trigger.key], began=began, since=change.settled)


# ── Rows ────────────────────────────────────────────────────────────────────────────


def _open(pipeline: Pipeline) -> Any:
    return pipeline.promises.filter(until=None).select_related("trigger").order_by("pk")


def _wanted(pipeline: Pipeline, version: Version) -> dict[str, Mapping[str, Any]]:
    """The definitions of what ought to fire by itself, by key."""
    paused = set(pipeline.triggers.filter(paused=True).values_list("key", flat=True))
    return {
        one["key"]: one
        for one in version.triggers
        if one["kind"] in SCHEDULED and one["key"] not in paused
    }


def _definition(version: Version, key: str) -> Mapping[str, Any] | None:
    found = (one for one in version.triggers if one["key"] == key and one["kind"] in SCHEDULED)
    return next(found, None)


def _makes_up(trigger: Trigger) -> bool:
    """Windows that passed while it was away are run as soon as it is back."""
    return trigger.kind == TriggerKind.TUMBLING_WINDOW.value


def _last_end(trigger: Trigger) -> datetime | None:
    last = trigger.promises.exclude(until=None).order_by("-until").first()
    if last:
        return last.until
    return trigger.start if _makes_up(trigger) else None


def _begin(
    trigger: Trigger,
    version: Version,
    definition: Mapping[str, Any],
    *,
    began: datetime,
    since: datetime,
    native: list[str] | None = None,
) -> None:
    Promise.objects.create(
        pipeline_id=trigger.pipeline_id,
        trigger=trigger,
        version=version,
        definition=dict(definition),
        native=native or [],
        began=min(began, since),
        since=since,
        written_until=since,
    )


def _continue(
    promise: Promise,
    version: Version,
    definition: Mapping[str, Any],
    change: Change,
    natives: Mapping[str, list[str]],
) -> None:
    """From the end of the deployment on it is the new Version that promises."""
    _end(promise, End.REDEPLOYED, Change(change.ended, change.ended), ceased=change.ended)
    Promise.objects.create(
        pipeline_id=promise.pipeline_id,
        trigger=promise.trigger,
        version=version,
        definition=dict(definition),
        native=natives.get(promise.trigger.key) or promise.native,
        fine_at=promise.fine_at,
        began=change.began,
        since=change.ended,
        written_until=change.ended,
    )


_SETTLED: Any = object()


def _end(promise: Promise, why: str, change: Change, *, ceased: Any = _SETTLED) -> None:
    until = max(change.began, promise.since)
    after = change.settled if ceased is _SETTLED else ceased
    Promise.objects.filter(pk=promise.pk).update(
        until=until, ceased=after and max(after, until), ended=why
    )
    # Written in the meantime, and not promised after all.
    Occurrence.objects.filter(trigger=promise.trigger_id, due__gte=until, run=None).delete()
