"""Runs and Steps as rows, from what a Blueprint's reader tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.models import Pipeline, Run, Step, Trigger
from dashboard.services import completions
from dashboard.services.own_triggers import OWN
from provisioning.blueprints.base import RunReader
from provisioning.contracts import RunRecord, RunStatus, StepRecord
from provisioning.errors import NotFound

RECENT = 30
BACKFILL = "backfill"  # the kind of origin of a run that makes up for an Occurrence
ORIGIN = ("trigger", "trigger_kind", "cause")
GONE = "The cloud does not know this run any more."


def watermark(pipeline: Pipeline) -> datetime | None:
    """Where a pull has to begin: at the oldest run that may still change, else at the newest."""
    runs = pipeline.runs.order_by("started").values_list("started", flat=True)
    return runs.filter(complete=False).first() or runs.last()


def save_page(pipeline: Pipeline, records: Sequence[RunRecord]) -> None:
    """Save a page of the list. Where a cloud's list tells less than a look does, what was
    seen before stays."""
    ids = [record.cloud_id for record in records]
    with transaction.atomic():
        known = {run.cloud_id: run for run in pipeline.runs.filter(cloud_id__in=ids)}
        keys = _triggers(pipeline)
        new = [_new(pipeline, one, keys) for one in records if one.cloud_id not in known]
        # Started by people a moment ago, or by another pull: whoever was first is kept.
        Run.objects.bulk_create(new, ignore_conflicts=True)
        for record in records:
            run = known.get(record.cloud_id)
            if run and _tells_more(run, record):
                _update(run, record, keys)


def save_one(pipeline: Pipeline, record: RunRecord, **more: Any) -> Run:
    """Save what a look at one run told."""
    keys = _triggers(pipeline)
    fresh = _new(pipeline, record, keys)
    Run.objects.bulk_create([fresh], ignore_conflicts=True)
    run = pipeline.runs.get(cloud_id=record.cloud_id)
    _update(run, record, keys, **more)
    return run


def to_look_at(pipeline: Pipeline, *, limit: int) -> list[Run]:
    """Runs that go on, or whose end was not read yet; the newest first."""
    return list(pipeline.runs.filter(complete=False).order_by("-started")[:limit])


def origins_not_read(pipeline: Pipeline) -> list[datetime]:
    """When runs began of which only the list was read so far, the oldest first."""
    rows = pipeline.runs.filter(complete=False, trigger=None, trigger_kind="")
    return list(rows.order_by("started").values_list("started", flat=True))


def look(pipeline: Pipeline, run: Run, reader: RunReader, *, now: Callable[[], datetime]) -> None:
    """Read one run with its steps."""
    try:
        record = reader.run(run.cloud_id)
        steps = reader.steps(run.cloud_id)
    except NotFound:
        _let_go(run, now())
        return
    if _says_the_end_before(run, record):
        return
    with transaction.atomic():
        more = {"complete": record.status.final, "started": record.started}
        saved = save_one(pipeline, _with_reasons(record, steps), **more)
        save_steps(saved, steps)
        completions.owe(pipeline, saved)


def _with_reasons(record: RunRecord, steps: Sequence[StepRecord]) -> RunRecord:
    """With the failed steps' own reasons: clouds say of a run only that some step failed."""
    failed = [step for step in steps if step.status is RunStatus.FAILED and step.reason]
    if record.status is not RunStatus.FAILED or not failed:
        return record
    reasons = "; ".join(f"{step.name}: {step.reason}" for step in failed)
    return record.model_copy(update={"reason": reasons})


def save_steps(run: Run, records: Sequence[StepRecord]) -> None:
    rows = [_step(run, position, record) for position, record in enumerate(records)]
    Step.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["run", "name"],
        update_fields=[
            "position", "kind", "status", "cloud_status", "started", "finished", "reason",
            "cloud_id", "attempt", "after",
        ],
    )  # fmt: skip


def save_recent(pipeline: Pipeline) -> None:
    """The last runs, oldest first, on the Pipeline's own row: the dots of its list."""
    newest = list(pipeline.runs.order_by("-started", "-id")[:RECENT])
    Pipeline.objects.filter(pk=pipeline.pk).update(recent=[_dot(run) for run in reversed(newest)])


# ── From record to row ──────────────────────────────────────────────────────────────


def _new(pipeline: Pipeline, record: RunRecord, keys: dict[str, Trigger]) -> Run:
    return Run(
        pipeline=pipeline,
        version_id=pipeline.deployed_version_id,
        cloud_id=record.cloud_id,
        started=record.started,
        **_values(record, keys),
    )


def _values(record: RunRecord, keys: dict[str, Trigger]) -> dict[str, Any]:
    """What the record says; what it does not say is left out."""
    trigger = keys.get(record.trigger)
    said = {
        "status": record.status.value,
        "cloud_status": record.cloud_status[:60],
        "finished": record.finished,
        "trigger": trigger,
        "trigger_kind": trigger.kind if trigger else record.trigger[:20],
        "started_by": record.started_by[:400],
        "cause": record.cause[:400],
        "parameters": record.parameters,
        "reason": record.reason,
        "scheduled_for": record.scheduled_for,
    }
    return {name: value for name, value in said.items() if value not in (None, "", {})}


def _says_the_end_before(run: Run, record: RunRecord) -> bool:
    """The cloud has not noticed yet that it took this run up again."""
    if run.earlier_end is None or run.final or not record.status.final:
        return False
    return record.finished is not None and record.finished <= run.earlier_end


def _tells_more(run: Run, record: RunRecord) -> bool:
    if run.earlier_end and not run.final and record.status.final:
        return False  # whether that is the new end or the one before, a look tells
    if (run.status, run.cloud_status) != (record.status.value, record.cloud_status[:60]):
        return True
    return record.finished is not None and run.finished != record.finished


def _update(run: Run, record: RunRecord, keys: dict[str, Trigger], **more: Any) -> None:
    values = _values(record, keys) | more
    if run.trigger_kind in (*OWN, BACKFILL):
        # The cloud knows only that somebody started it; we know what for.
        values = {name: each for name, each in values.items() if name not in ORIGIN}
    if run.status != record.status.value:
        values.setdefault("reason", "")  # why it failed, or waited, is over
    if not record.status.final:
        # A failed run can be taken up again, in some clouds: then it has not ended after all.
        values |= {"finished": None, "complete": False}
        if run.final:
            values["earlier_end"] = run.finished or run.seen_at
    elif "complete" not in more and run.status != record.status.value:
        values["complete"] = False  # it has just ended; its last steps are to be read
    for name, value in values.items():
        setattr(run, name, value)
    run.save(update_fields=[*values, "seen_at"])


def _let_go(run: Run, now: datetime) -> None:
    """A run that the cloud forgot before we saw its end."""
    if not run.final:
        run.status, run.finished = Run.Status.STOPPED, now
        run.reason = run.reason or GONE
    run.complete = True
    run.save(update_fields=["status", "finished", "reason", "complete", "seen_at"])


def _step(run: Run, position: int, record: StepRecord) -> Step:
    return Step(
        run=run,
        position=position,
        name=record.name[:256],
        kind=record.kind[:60],
        status=record.status.value,
        cloud_status=record.cloud_status[:60],
        started=record.started,
        finished=record.finished,
        reason=record.reason,
        cloud_id=record.cloud_id[:400],
        attempt=record.attempt,
        after=list(record.after),
    )


def _dot(run: Run) -> dict[str, Any]:
    seconds = (run.finished - run.started).total_seconds() if run.finished else None
    return {
        "id": run.pk,
        "status": run.status,
        "started": run.started.isoformat(),
        "seconds": seconds,
    }


def _triggers(pipeline: Pipeline) -> dict[str, Trigger]:
    return {trigger.key: trigger for trigger in pipeline.triggers.all()}
