"""The phases of a Deployment: those that happened, those still to come, and people's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.models import Deployment
from dashboard.queries import NOT_KNOWN, Durations
from dashboard.services.outcomes import CUT_SHORT

Operation, Status, Decision = Deployment.Operation, Deployment.Status, Deployment.Decision

APPROVE = "approve"
PHASES = ("prepare", "repair", "preview", "apply", "verify")
LABELS = {
    "prepare": "Prepare",
    "repair": "Repair",
    "preview": "Preview",
    APPROVE: "Approve",
    "verify": "Prove triggers",
}
APPLY_LABELS = {"up": "Apply", "refresh": "Read", "destroy": "Destroy", "check": "Compare"}


@dataclass(frozen=True)
class Phase:
    name: str
    label: str
    # "waiting", "started", "finished", "failed", "skipped", "cancelled" or "interrupted"; of the
    # approval "waiting", "awaited", "finished", "discarded" or "cancelled"
    state: str
    started: datetime | None = None
    finished: datetime | None = None
    usual: float | None = None  # seconds that it took before

    @property
    def under_way(self) -> bool:
        return self.state in ("started", "awaited")


def phases(deployment: Deployment, usual: Durations = NOT_KNOWN) -> list[Phase]:
    """In the order in which they come; who is asked to approve follows what shows the plan."""
    seen = {row["phase"]: row for row in deployment.phases}
    names = [name for name in PHASES if name in seen or _expected(deployment, name)]
    found = [_phase(deployment, name, seen.get(name), usual.phases.get(name)) for name in names]
    approval = _approval(deployment, seen)
    if approval is None:
        return found
    place = 0 if deployment.plan_id else sum(name not in ("apply", "verify") for name in names)
    return [*found[:place], approval, *found[place:]]


def _expected(deployment: Deployment, name: str) -> bool:
    if deployment.final:
        return False
    if deployment.operation == Operation.PREVIEW:
        return name in ("prepare", "preview")
    if name == "preview":  # one that names a preview has its plan already
        return deployment.needs_approval and deployment.plan_id is None
    return name != "repair"


def _phase(
    deployment: Deployment, name: str, row: dict[str, Any] | None, usual: float | None
) -> Phase:
    label = LABELS.get(name) or APPLY_LABELS.get(deployment.operation, "Apply")
    if not row:
        return Phase(name, label, "waiting", usual=usual)
    state = row["state"]
    if state in ("started", "failed") and deployment.status in CUT_SHORT:
        state = deployment.status  # nothing failed
    elif state == "started" and deployment.final:  # its end was never reported
        state = "failed"
    return Phase(name, label, state, _time(row.get("started")), _time(row.get("finished")), usual)


def _approval(deployment: Deployment, seen: dict[str, dict[str, Any]]) -> Phase | None:
    """Waiting for somebody else's decision, where one is needed and was, or will be, asked for."""
    if not deployment.needs_approval:
        return None
    asked = _asked_at(deployment, seen)
    label = LABELS[APPROVE]
    if deployment.decision:
        approved = deployment.decision == Decision.APPROVED
        state = "finished" if approved else "discarded"
        return Phase(APPROVE, label, state, asked, deployment.decided_at)
    if deployment.status == Status.AWAITING_APPROVAL:
        return Phase(APPROVE, label, "awaited", asked)
    if not deployment.final:
        return Phase(APPROVE, label, "waiting")
    waited = deployment.status == Status.CANCELLED and deployment.started_at is None and asked
    return Phase(APPROVE, label, "cancelled", asked, deployment.finished_at) if waited else None


def _asked_at(deployment: Deployment, seen: dict[str, dict[str, Any]]) -> datetime | None:
    """When people could decide: once its plan was made, or at once where a preview has it."""
    if deployment.plan_id:
        return deployment.requested_at
    return _time(seen.get("preview", {}).get("finished"))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
