"""Deciding about Deployments that show first what they would do: approve or discard.

Each decision is one UPDATE of a row that still waits, so that of two people, or of one person
twice, the first counts.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from dashboard import audit, live
from dashboard.access import require_approver, require_member
from dashboard.models import Connection, Deployment, User
from provisioning.contracts import OperationError
from provisioning.errors import NotPossible

Decision = Deployment.Decision
Operation = Deployment.Operation
Status = Deployment.Status
CHANGING = (Operation.UP, Operation.DESTROY)


def needed(connection: Connection, operation: str) -> bool:
    """Whether somebody else has to approve this operation before it changes anything."""
    return connection.approval_required and operation in CHANGING


@transaction.atomic
def approve(*, actor: User, deployment: Deployment, comment: str = "") -> Deployment:
    """Queue it to apply exactly the plan that it shows."""
    require_approver(actor, deployment)
    return _decide(
        actor, deployment, Decision.APPROVED, comment, status=Status.QUEUED, enqueued_at=None
    )


@transaction.atomic
def discard(*, actor: User, deployment: Deployment, comment: str = "") -> Deployment:
    """End it. Who asked for it may do so, too."""
    require_member(actor)
    comment = comment.strip()
    error = OperationError(
        summary=f"Discarded by {actor.username}" + (f": {comment}" if comment else "."),
        hint="Ask for it again when it is wanted.",
    )
    return _decide(
        actor,
        deployment,
        Decision.DISCARDED,
        comment,
        status=Status.CANCELLED,
        finished_at=timezone.now(),
        error=error.model_dump(),
    )


def switch(connection: Connection, *, required: bool) -> None:
    """Have what waits in the queue follow the setting; what was shown to people stays theirs."""
    queued = Deployment.objects.filter(
        pipeline__connection=connection,
        status=Status.QUEUED,
        operation__in=CHANGING,
        decision=Decision.NONE,
    )
    if not required:
        queued.update(needs_approval=False)
        return
    # A preview has shown already what these would do.
    queued.exclude(plan=None).update(needs_approval=True, status=Status.AWAITING_APPROVAL)
    queued.update(needs_approval=True)


def _decide(
    actor: User, deployment: Deployment, decision: str, comment: str, **values: object
) -> Deployment:
    waiting = Deployment.objects.filter(pk=deployment.pk, status=Status.AWAITING_APPROVAL)
    taken = waiting.update(
        decision=decision,
        decided_by=actor,
        decided_at=timezone.now(),
        comment=comment.strip()[:500],
        phase="",
        **values,
    )
    deployment.refresh_from_db()
    if not taken:
        raise NotPossible(_why_not(deployment))
    audit.record(
        actor=actor,
        action=f"deployment.{'approve' if decision == Decision.APPROVED else 'discard'}",
        subject=deployment,
        detail={"comment": deployment.comment} if deployment.comment else None,
    )
    transaction.on_commit(
        lambda: live.publish(deployment.pk, last=deployment.last_line, status=deployment.status)
    )
    return deployment


def _why_not(deployment: Deployment) -> str:
    if deployment.decision:
        who = deployment.decided_by.username if deployment.decided_by else "somebody"
        return f"This deployment was {deployment.decision} by {who} already."
    if deployment.final:
        return "This deployment has ended already."
    if deployment.needs_approval:
        return "The plan of this deployment is not made yet."
    return "This deployment needs no approval."
