"""The parts of a Deployment's page, for the page itself and for the stream that renews them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from dashboard import access, queries
from dashboard.access import Visitor
from dashboard.models import Deployment, DeploymentResource, Version
from dashboard.queries import NOT_KNOWN
from dashboard.services import adoptions, plans, repairs, retries, waiting
from dashboard.services.deployment_log import MOST_NAMED, short_kind
from dashboard.services.retries import FromHere
from dashboard.views.deployment_phases import phases
from provisioning.errors import SkyclockError

Operation, Status = Deployment.Operation, Deployment.Status

DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "adopt": "adopted",
}
UNKNOWN = "known after the apply"
ENGINES_OWN = "pulumi:"  # its stack and its providers are no resources of a cloud
CHANGE_NOTHING = (Operation.PREVIEW, Operation.CHECK)
UNCHANGED = ("same", "read", "refresh")


@dataclass(frozen=True)
class Again:
    """What can be done after an end that is no success."""

    possible: bool
    here: FromHere = field(default_factory=FromHere)
    targets: tuple[Version, ...] = ()  # that it can be rolled back to

    @property
    def names(self) -> str:
        """Of what a retry from here begins with."""
        named = [f"{short_kind(each.kind)} {each.name}" for each in self.here.left]
        more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        return ", ".join(named[:MOST_NAMED]) + more


@dataclass(frozen=True)
class Branch:
    """A resource, and how deep it stands below the ones that contain it."""

    resource: DeploymentResource
    depth: int


@dataclass(frozen=True)
class Tree:
    """Changes first; what stays the same is folded."""

    changed: tuple[Branch, ...]
    same: tuple[Branch, ...]


def context(deployment: Deployment, user: Visitor | None = None) -> dict[str, Any]:
    resources = queries.deployment_resources(deployment)
    usual = NOT_KNOWN if deployment.final else queries.usual_durations(deployment)
    return {
        "deployment": deployment,
        "pipeline": deployment.pipeline,
        "connection": deployment.pipeline.connection,
        "phases": phases(deployment, usual),
        "usual": usual,
        "tree": tree(resources),
        "triggers": queries.pipeline_triggers(deployment.pipeline),
        "now_exists": now_exists(deployment, resources),
        "place": (place := queries.place_of(deployment)),
        "in_line": waiting.in_line(place) if place else "",
        "waiting_since": waiting.since(place, timezone.now()) if place else "",
        "phase_words": waiting.phase_words(deployment, place, timezone.now()),
        "plan_refused": plan_refused(deployment),
        "unknown": UNKNOWN,
        "repair": repairs.look(deployment),
        "may_approve": user is not None and access.may_approve(user, deployment),
        "again": again(deployment, resources),
        "adopted": adoptions.adopted(deployment),
    }


def tree(resources: Sequence[DeploymentResource]) -> Tree:
    shown = [one for one in resources if not one.kind.startswith(ENGINES_OWN)]
    changed = [one for one in shown if one.op not in UNCHANGED or one.state == "failed"]
    same = [one for one in shown if one.op in UNCHANGED and one.state != "failed"]
    return Tree(changed=_branches(changed), same=_branches(same))


def _branches(resources: Sequence[DeploymentResource]) -> tuple[Branch, ...]:
    """Each below what contains it, where that is shown too; else in the order of events."""
    present = {one.urn for one in resources}
    below: dict[str, list[DeploymentResource]] = {}
    for one in resources:
        below.setdefault(one.parent if one.parent in present else "", []).append(one)

    def walk(parent: str, depth: int) -> Iterator[Branch]:
        for one in below.pop(parent, ()):
            yield Branch(one, depth)
            yield from walk(one.urn, depth + 1)

    return tuple(walk("", 0))


def now_exists(deployment: Deployment, resources: Sequence[DeploymentResource]) -> str:
    """What a deployment that did not succeed has left in the cloud."""
    nothing = deployment.only_plans or deployment.operation in CHANGE_NOTHING
    if nothing or not deployment.started_at:
        return "Nothing was changed in the cloud."
    if deployment.status == Status.INTERRUPTED:
        return "Not known for certain: it was cut off before it could say. Refresh reads it."
    resources = [one for one in resources if not one.kind.startswith(retries.GROUPING)]
    finished = [one for one in resources if one.state == "done" and one.op in DONE]
    counts = {op: sum(one.op == op for one in finished) for op in DONE}
    parts = [f"{count} {DONE[op]}" for op, count in counts.items() if count]
    for state, words in (("failed", "failed"), ("running", "not finished")):
        if count := sum(one.state == state for one in resources):
            parts.append(f"{count} {words}")
    if parts and not counts["delete"] and not counts["replace"]:
        parts.append("nothing deleted")
    return (", ".join(parts) + ".") if parts else "Nothing was changed in the cloud."


def again(deployment: Deployment, resources: Sequence[DeploymentResource]) -> Again:
    """The ways on from an end that is no success."""
    over = deployment.final and deployment.status != Status.SUCCEEDED
    if not over or deployment.pipeline.archived_at:
        return Again(possible=False)
    if deployment.operation != Operation.UP:
        return Again(possible=True)
    return Again(
        possible=True,
        here=retries.from_here(deployment, resources),
        targets=tuple(queries.rollback_targets(deployment.pipeline)),
    )


def plan_refused(deployment: Deployment) -> str | None:
    """Why its plan cannot be applied now; None where it can, or where it has none."""
    if deployment.status == Status.AWAITING_APPROVAL:
        source = (deployment.plan if deployment.plan_id else None) or deployment
        changed = plans.what_changed(source, pipeline=deployment.pipeline, besides=deployment.pk)
        return changed or None
    if deployment.operation != Operation.PREVIEW or deployment.status != Status.SUCCEEDED:
        return None
    try:
        plans.require_usable(deployment, pipeline=deployment.pipeline, operation=Operation.UP)
    except SkyclockError as error:
        return str(error)
    return None


def cancelling(deployment: Deployment) -> str:
    if not deployment.started_at:
        return "Cancelled. Nothing was started."
    if deployment.kill_requested_at:
        return (
            "Stopping at once. What was being created may be left behind: the next operation asks "
            "the cloud for it."
        )
    return "Asked to stop. What is being changed now is finished first; nothing further is begun."
