"""Triggers: pausing, resuming, and the proof that the cloud has them.

Skyclock's own are in no cloud: pausing one changes its row, and its proof is what Skyclock
itself will do.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.models import Pipeline, Trigger, User
from dashboard.services import following, maintenance_rows, own_triggers
from dashboard.services.entering import Entered, enter
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from dashboard.services.managing import require_managed
from dashboard.services.proofs import record
from provisioning.contracts import Level
from provisioning.errors import NotPossible, SkyclockError


def pause(*, actor: User, trigger: Trigger) -> Trigger:
    """Stop firing, in the cloud, now. A later deployment keeps it paused."""
    return _handed_over(actor, switch(actor=actor, trigger=trigger, paused=True))


def resume(*, actor: User, trigger: Trigger) -> Trigger:
    """Fire again, from the next time on; what was missed is not made up for."""
    return _handed_over(actor, switch(actor=actor, trigger=trigger, paused=False))


def _handed_over(actor: User, trigger: Trigger) -> Trigger:
    """What a person pauses or resumes during a Maintenance is theirs."""
    maintenance_rows.hand_over(trigger, actor)
    return trigger


def verify(pipeline: Pipeline) -> list[Trigger]:
    """Read every trigger back from the cloud and record the proof."""
    return verify_entered(pipeline, enter(pipeline, Level.OBSERVE))


def verify_entered(pipeline: Pipeline, entered: Entered) -> list[Trigger]:
    if not pipeline.managed:
        following.follow(pipeline, entered.session)
        return list(pipeline.triggers.filter(removed_at=None))
    proofs = entered.blueprint.trigger_states(entered.session, entered.spec)
    now = entered.session.now()
    with transaction.atomic():
        record(pipeline, proofs, now)
        own_triggers.refresh(pipeline)
        Pipeline.objects.filter(pk=pipeline.pk).update(verified_at=timezone.now())
    return list(pipeline.triggers.filter(removed_at=None))


def switch(*, actor: User | None, trigger: Trigger, paused: bool) -> Trigger:
    """The same for a person and for a Maintenance. Again is harmless."""
    require_managed(trigger.pipeline)
    if trigger.own:
        return _switch_own(actor=actor, trigger=trigger, paused=paused)
    pipeline = trigger.pipeline
    _refuse_during_deployment(pipeline)
    entered = enter(pipeline, Level.RUN)
    if trigger.key not in {spec.key for spec in entered.spec.triggers}:
        raise NotPossible("This trigger is not in the cloud yet. Deploy the pipeline first.")
    began = entered.session.now()
    # What people want is written first: if we die in between, the next deployment does it.
    _note_wish(actor=actor, trigger=trigger, paused=paused, at=began)
    change = entered.blueprint.pause if paused else entered.blueprint.resume
    try:
        change(entered.session, entered.spec, trigger.key)
    except SkyclockError:
        Trigger.objects.filter(pk=trigger.pk).update(paused=trigger.paused)
        promises.mend(pipeline, began)
        raise
    _note_effect(trigger, Change(began, entered.session.now()), paused=paused)
    verify_entered(pipeline, entered)
    trigger.refresh_from_db()
    return trigger


@transaction.atomic
def _switch_own(*, actor: User | None, trigger: Trigger, paused: bool) -> Trigger:
    _note_wish(actor=actor, trigger=trigger, paused=paused)
    own_triggers.refresh(trigger.pipeline)
    trigger.refresh_from_db()
    return trigger


@transaction.atomic
def _note_wish(
    *, actor: User | None, trigger: Trigger, paused: bool, at: datetime | None = None
) -> None:
    """`at` is the Connection's, of a trigger that is in the cloud."""
    Trigger.objects.filter(pk=trigger.pk).update(paused=paused)
    if paused and at:
        promises.paused(trigger, at)
    action = "trigger.pause" if paused else "trigger.resume"
    detail = {"pipeline": trigger.pipeline.name}
    audit.record(actor=actor, action=action, subject=trigger, detail=detail)


@transaction.atomic
def _note_effect(trigger: Trigger, change: Change, *, paused: bool) -> None:
    """The cloud has done it: from now on, or no longer, the schedule is promised."""
    if paused:
        promises.pause_took_effect(trigger, change.ended)
    elif version := trigger.pipeline.deployed_version:
        promises.resumed(trigger, version, change)


def _refuse_during_deployment(pipeline: Pipeline) -> None:
    if pipeline.being_deployed:
        raise NotPossible("A deployment of this pipeline is under way. Wait for its end.")
