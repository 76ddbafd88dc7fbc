"""What the cloud showed of a Pipeline's triggers, on their rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from dashboard.models import Pipeline, Trigger
from dashboard.services import own_triggers
from dashboard.services.ledger import stoppages
from provisioning.contracts import TriggerProof


def record(pipeline: Pipeline, proofs: Iterable[TriggerProof], now: datetime) -> None:
    """Write what the cloud showed on the Trigger rows; `now` is the Connection's."""
    proofs = tuple(proofs)
    for proof in proofs:
        pipeline.triggers.filter(key=proof.key).update(
            state=proof.state.value,
            native=list(proof.native),
            next=proof.next,
            verified_at=proof.verified_at,
            message=proof.message,
        )
    stoppages.note(pipeline, proofs, now)


def forget(pipeline: Pipeline, *, keep: Iterable[str] = ()) -> None:
    """Say that the cloud has no other triggers than these: after a destroy, or a removal."""
    in_clouds = pipeline.triggers.exclude(kind__in=own_triggers.OWN)
    in_clouds.exclude(key__in=list(keep)).update(
        state=Trigger.State.MISSING, native=[], next=None, verified_at=timezone.now(), message=""
    )
