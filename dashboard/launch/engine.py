"""Having an engine prepared, looked for, or tried."""

from __future__ import annotations

from dashboard import celery
from dashboard.access import require_admin
from dashboard.models import EngineChoice, User
from dashboard.services import upgrades
from provisioning.errors import NotPossible


def prepare_engine() -> None:
    celery.send(celery.PREPARE_ENGINE)


def look_for_engine(*, actor: User) -> None:
    """Have the vendor asked for a newer one."""
    require_admin(actor)
    if not celery.send(celery.LOOK_FOR_ENGINE):
        raise NotPossible("The queue does not answer, so nobody could be sent to look.")


def use_engine(*, actor: User, version: str) -> EngineChoice:
    """Have another version prepared, tried, and used from then on."""
    choice = upgrades.ask_for(actor=actor, version=version)
    celery.send(celery.TRY_ENGINE)  # lost, it is sent again when a worker starts
    return choice


def try_engine_again() -> None:
    """Where a worker died while it tried one."""
    if EngineChoice.objects.exclude(trying="").exists():
        celery.send(celery.TRY_ENGINE)
