"""Skyclock's own triggers: whether they fire, which their rows say as a proof says it.

They follow what was saved, at once, because they are in no cloud: one fires as soon as it is
saved, not paused, and its Pipeline deployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from dashboard.models import Hook, Pipeline, Trigger
from provisioning.contracts import TriggerKind

OWN = [kind.value for kind in TriggerKind if kind.own]
State = Trigger.State


@dataclass(frozen=True)
class Standing:
    """`since` is the moment from which on it fires; None where it does not."""

    state: State
    message: str = ""
    since: datetime | None = None
    native: tuple[str, ...] = ()


def refresh(pipeline: Pipeline) -> None:
    """Write on the rows what Skyclock will do. After everything that may change it."""
    rows = list(pipeline.triggers.filter(kind__in=OWN))
    if not rows:
        return
    fresh = Pipeline.objects.get(pk=pipeline.pk)
    for trigger in rows:
        if trigger.removed_at is None:
            _write(trigger, _standing(trigger, fresh))
        elif trigger.state != State.MISSING:
            # What was removed ends here and now: no deployment has to follow.
            end = {"state": State.MISSING, "message": "", "active_since": None}
            Trigger.objects.filter(pk=trigger.pk).exclude(removed_at=None).update(**end)


def refresh_listeners(upstream: Pipeline) -> None:
    """The same for the Pipelines that wait for the ends of this one's runs."""
    ids = listeners(upstream).values("pipeline")
    for pipeline in Pipeline.objects.filter(pk__in=ids):
        refresh(pipeline)


def listeners(upstream: Pipeline) -> QuerySet[Trigger]:
    rows = Trigger.objects.filter(kind=TriggerKind.COMPLETION.value, removed_at=None)
    return rows.filter(config__pipeline=upstream.pk)


def _write(trigger: Trigger, standing: Standing) -> None:
    # Somebody may pause or remove it at this moment; then they write what follows from that.
    Trigger.objects.filter(pk=trigger.pk, paused=trigger.paused, removed_at=None).update(
        state=standing.state,
        message=standing.message,
        active_since=standing.since,
        native=list(standing.native),
        next=None,
        verified_at=timezone.now(),
    )


def _standing(trigger: Trigger, pipeline: Pipeline) -> Standing:
    if trigger.kind == TriggerKind.WEBHOOK:
        return _webhook(trigger, pipeline)
    return _completion(trigger, pipeline)


def _completion(trigger: Trigger, pipeline: Pipeline) -> Standing:
    upstream = Pipeline.objects.select_related("connection").get(pk=trigger.config["pipeline"])
    if upstream.archived_at:
        message = f"The upstream pipeline {upstream.name} was deleted, so this never fires."
        return Standing(State.MISSING, message)
    if idle := _idle(trigger, pipeline):
        return idle
    # Too early rather than too late: ends that were seen before fire nothing anyway.
    now = upstream.connection.at_least(timezone.now())
    return Standing(State.ACTIVE, _hindrance(upstream), since=trigger.active_since or now)


def _webhook(trigger: Trigger, pipeline: Pipeline) -> Standing:
    hook = Hook.objects.filter(trigger=trigger).first()
    if hook is None:
        return Standing(State.MISSING, "It has no address yet: make its first secret.")
    native = (address(hook),)
    if idle := _idle(trigger, pipeline):
        return Standing(idle.state, idle.message, native=native)
    return Standing(State.ACTIVE, since=trigger.active_since or timezone.now(), native=native)


def _idle(trigger: Trigger, pipeline: Pipeline) -> Standing | None:
    """Why it would fire at nothing, apart from what it waits for."""
    if pipeline.archived_at or not pipeline.deployed_version_id:
        before = State.UNKNOWN if trigger.state == State.UNKNOWN else State.MISSING
        return Standing(before, "It begins when the pipeline is deployed.")
    return Standing(State.PAUSED) if trigger.paused else None


def _hindrance(upstream: Pipeline) -> str:
    """Why no end is seen for now, where that is so."""
    if not upstream.deployed_version_id:
        return f"{upstream.name} is not deployed, so for now none of its runs ends."
    if not upstream.connection.enabled:
        return f"The connection of {upstream.name} is disabled, so for now no end is seen."
    return ""


def address(hook: Hook) -> str:
    """The path of a webhook's address."""
    return f"/hooks/{hook.public_id}"
