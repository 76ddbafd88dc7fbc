"""What people do about a Ghost: look away from it, pause or remove it in the cloud, or switch a
Pipeline's stopped trigger on again.

What stands in an account and no Pipeline owns may be somebody else's, so that only an admin
changes it there.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_admin, require_member
from dashboard.audit import Purpose
from dashboard.models import Ghost, User
from dashboard.services import hunts, triggers
from dashboard.services.entering import require_level
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.blueprints.base import Hunter
from provisioning.clouds.session import Session
from provisioning.contracts import Cloud, Level
from provisioning.errors import InvalidInput, NotFound, NotPossible


@transaction.atomic
def ignore(*, actor: User, ghost: Ghost, note: str = "") -> Ghost:
    """Not shown as something to do any more, until it changes."""
    require_member(actor)
    _require_open(ghost)
    Ghost.objects.filter(pk=ghost.pk).update(
        ignored_at=timezone.now(), ignored_by=actor, note=note.strip()[:200]
    )
    _note(actor, "ghost.ignore", ghost, note=note.strip()[:200])
    ghost.refresh_from_db()
    return ghost


@transaction.atomic
def heed(*, actor: User, ghost: Ghost) -> Ghost:
    """Shown again."""
    require_member(actor)
    Ghost.objects.filter(pk=ghost.pk).update(ignored_at=None, ignored_by=None, note="")
    _note(actor, "ghost.heed", ghost)
    ghost.refresh_from_db()
    return ghost


def resume(*, actor: User, ghost: Ghost) -> Ghost:
    """Have the Pipeline's trigger fire again."""
    require_member(actor)
    _require_open(ghost)
    if ghost.trigger is None or ghost.kind != Ghost.Kind.STOPPED:
        raise NotPossible("Only a trigger that was stopped in the cloud can be resumed.")
    trigger = triggers.resume(actor=actor, trigger=ghost.trigger)
    if trigger.state == trigger.State.ACTIVE:
        _end(actor, "ghost.resume", ghost)
    return ghost


def pause(*, actor: User, ghost: Ghost) -> Ghost:
    """Have it start nothing any more; it stays in the cloud."""
    hunter, session = _entered(actor, ghost, Level.RUN)
    try:
        hunter.pause(session, ghost.cloud_id)
    except NotFound:
        _end(actor, "ghost.pause", ghost)
        return ghost
    with transaction.atomic():
        Ghost.objects.filter(pk=ghost.pk).update(running=False)
        _note(actor, "ghost.pause", ghost)
    hunts.soon(ghost.connection)
    ghost.refresh_from_db()
    return ghost


def remove(*, actor: User, ghost: Ghost, confirm: str) -> Ghost:
    """Delete it in the cloud, for good. `confirm` is its name, as a person typed it."""
    if confirm.strip() != ghost.name:
        raise InvalidInput.at("confirm", f"Type its name, {ghost.name}, to confirm.")
    hunter, session = _entered(actor, ghost, Level.DEPLOY)
    hunter.remove(session, ghost.cloud_id)
    _end(actor, "ghost.remove", ghost)
    return ghost


def _entered(actor: User, ghost: Ghost, level: Level) -> tuple[Hunter, Session]:
    require_admin(actor)
    _require_open(ghost)
    if not ghost.in_cloud:
        raise NotPossible("This is a trigger of a pipeline. Change it there.")
    require_level(ghost.connection, level)
    session = clouds.open_session(access_for(ghost.connection, Purpose.RUN, actor=actor))
    return registry.hunter(Cloud(ghost.connection.cloud)), session


def _require_open(ghost: Ghost) -> None:
    if ghost.resolved_at:
        raise NotPossible("This is gone already.")


@transaction.atomic
def _end(actor: User, action: str, ghost: Ghost) -> None:
    Ghost.objects.filter(pk=ghost.pk, resolved_at=None).update(resolved_at=timezone.now())
    _note(actor, action, ghost)
    hunts.soon(ghost.connection)
    ghost.refresh_from_db()


def _note(actor: User, action: str, ghost: Ghost, **more: str) -> None:
    detail = {"connection": ghost.connection.name, "cloud_id": ghost.cloud_id, **more}
    audit.record(actor=actor, action=action, subject=ghost, detail=detail)
