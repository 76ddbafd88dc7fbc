"""Ends of runs, and the Starts that they make Skyclock owe."""

from __future__ import annotations

from dashboard.models import Pipeline, Run, Start
from dashboard.services import clock, own_triggers

ENDS = (Run.Status.SUCCEEDED, Run.Status.FAILED)


def owe(pipeline: Pipeline, run: Run) -> None:
    """Note a Start for every trigger that waits for this end of this run.

    Called in the transaction that saves the end, however late that is, and as often as it is
    saved: one end fires a trigger once. A run that is taken up again has another end. Ends
    from before the trigger became active, by the run's own time, fire nothing.
    """
    if run.status not in ENDS:
        return
    ended = run.finished or clock.now_of(pipeline.connection)
    waiting = own_triggers.listeners(pipeline).filter(
        config__on=run.status, paused=False, active_since__lte=ended + clock.JITTER
    )
    starts = [
        Start(
            pipeline_id=trigger.pipeline_id,
            trigger=trigger,
            key=_key(run),
            cause=f"run {run.pk} of {pipeline.name}",
            parameters=trigger.config.get("parameters", {}),
        )
        for trigger in waiting
    ]
    Start.objects.bulk_create(starts, ignore_conflicts=True)


def _key(run: Run) -> str:
    after = f" after {run.earlier_end.isoformat()}" if run.earlier_end else ""
    return f"run {run.pk}{after}"
