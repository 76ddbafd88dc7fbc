"""What a log of events comes to: which data, which model version, which step. Pure.

The log may tell a change several times: EventBridge delivers at least once, SageMaker repeats
itself, and a replay delivers what has already happened. A change of a job counts once, and what
a replay delivers again not at all; what is *done* again follows in events of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from provisioning.contracts import LoggedEvent, WorkflowState

from .assets.training_events.wording import (
    FAILED,
    REFUSED,
    REGISTERED,
    REQUESTED,
    SOURCE,
    STARTED,
    STOPPED,
    SUCCEEDED,
)

# In the order in which a job goes through them; the words are WorkflowState's.
STEPS = {
    REQUESTED: "requested",
    STARTED: "training",
    SUCCEEDED: "trained",
    FAILED: "failed",
    REFUSED: "failed",
    STOPPED: "stopped",
}
ORDER = ("requested", "training", "stopped", "failed", "trained")
WAITING = "waiting"


@dataclass
class Workflow:
    """One training, by its job's name."""

    step: str = ""
    data: str = ""
    since: datetime | None = None


@dataclass
class _Folded:
    workflows: dict[str, Workflow] = field(default_factory=dict)
    latest: str = ""  # the job that moved last
    model: str = ""
    registered: set[str] = field(default_factory=set)
    reason: str = ""


def fold(events: Iterable[LoggedEvent]) -> WorkflowState:
    folded = _Folded()
    for event in events:
        if event.source == SOURCE and not event.replay and "job" in event.detail:
            _note(folded, event.type, event.detail, event.time)
    latest = folded.workflows.get(folded.latest, Workflow())
    return WorkflowState(
        step=latest.step or WAITING,
        data=latest.data,
        model=folded.model,
        since=latest.since,
        facts=_facts(folded),
    )


def _note(folded: _Folded, kind: str, detail: dict[str, Any], time: datetime) -> None:
    job = str(detail["job"])
    if kind == REGISTERED:
        if job not in folded.registered:
            folded.registered.add(job)
            folded.model = f"{detail.get('group')} version {detail.get('version')}"
        return
    if kind not in STEPS:
        return
    step, workflow = STEPS[kind], folded.workflows.setdefault(job, Workflow())
    workflow.data = str(detail.get("data") or workflow.data)
    if workflow.step and ORDER.index(step) <= ORDER.index(workflow.step):
        return  # told again, or overtaken on its way
    workflow.step, workflow.since = step, time
    folded.latest = job
    folded.reason = str(detail.get("reason", ""))


def _facts(folded: _Folded) -> dict[str, str]:
    counts = Counter(each.step for each in folded.workflows.values())
    facts = {step: str(counts[step]) for step in ORDER if counts[step]}
    facts |= {"model versions": str(len(folded.registered))} if folded.registered else {}
    facts |= {"job": folded.latest} if folded.latest else {}
    return facts | ({"reason": folded.reason} if folded.reason else {})
