"""When the cloud's trigger was found stopped, gone or changed, though it was promised."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dashboard.models import Pipeline, Promise, Stoppage
from provisioning.contracts import TriggerProof, TriggerState

STOPPED, CHANGED = "trigger_stopped", "trigger_changed"
IS_PAUSED = "The trigger was stopped in the cloud, and not by Skyclock."
IS_GONE = "The trigger is not in the cloud any more."
IS_CHANGED = "The trigger's schedule was changed in the cloud, and not by Skyclock."


def note(pipeline: Pipeline, proofs: Iterable[TriggerProof], now: datetime) -> None:
    """By proofs that were read at `now` of the Connection's clock. While a deployment is under
    way it may have the triggers stopped itself."""
    if pipeline.being_deployed:
        return
    open_ones = {
        promise.trigger.key: promise
        for promise in pipeline.promises.filter(until=None).select_related("trigger")
    }
    for proof in proofs:
        promise = open_ones.get(proof.key)
        if promise is not None and not _says_nothing(proof):
            _note(promise, proof, now)
    ended = Stoppage.objects.filter(trigger__pipeline=pipeline, until=None)
    ended.exclude(trigger__key__in=list(open_ones)).update(until=now)


def _says_nothing(proof: TriggerProof) -> bool:
    """The cloud could not be asked."""
    return proof.state is TriggerState.UNKNOWN and not proof.native


def _note(promise: Promise, proof: TriggerProof, now: datetime) -> None:
    trouble = _trouble(promise, proof)
    present = Stoppage.objects.filter(trigger=promise.trigger_id, until=None).first()
    if present and (trouble is None or trouble[0] != present.code):
        Stoppage.objects.filter(pk=present.pk).update(until=now)
    if trouble is None:
        native = promise.native or list(proof.native)
        Promise.objects.filter(pk=promise.pk).update(fine_at=now, native=native)
    elif present is None or present.code != trouble[0]:
        code, message = trouble
        Stoppage.objects.create(
            trigger=promise.trigger,
            code=code,
            message=message[:400],
            fine_at=present.noticed_at if present else promise.fine_at,
            noticed_at=now,
        )


def _trouble(promise: Promise, proof: TriggerProof) -> tuple[str, str] | None:
    if proof.state is TriggerState.PAUSED:
        return STOPPED, IS_PAUSED
    if proof.state is TriggerState.MISSING:
        return STOPPED, f"{IS_GONE} {proof.message}".strip()
    if proof.state is TriggerState.UNKNOWN:
        return CHANGED, proof.message
    if promise.native and sorted(promise.native) != sorted(proof.native):
        return CHANGED, IS_CHANGED
    return None
