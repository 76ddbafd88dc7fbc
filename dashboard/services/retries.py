"""Trying again what ended without success: all of it, or from where it failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.models import Deployment, DeploymentResource
from dashboard.services import plans
from dashboard.services.pipelines import spec_for
from provisioning.errors import NotPossible

Operation, Status = Deployment.Operation, Deployment.Status
GROUPING = ("pulumi:", "skyclock:")  # the engine's own, and what only holds others together
# What was replaced still has its old one to delete, and what was deleted is not known any more.
LEFT_ALONE = ("create", "update", "same", "read")
RETRY = "Retry the whole of it."
CHANGE_NOTHING = (Operation.PREVIEW, Operation.CHECK)
NOTHING_TO_SKIP: dict[str, str] = {
    Operation.PREVIEW: f"A preview changes nothing, so it has no place to go on from. {RETRY}",
    Operation.REFRESH: f"A refresh reads everything each time. {RETRY}",
    Operation.DESTROY: f"A destroy goes on by itself: what is gone stays gone. {RETRY}",
}


@dataclass(frozen=True)
class FromHere:
    """What a retry from here would do, or `refused`: why it cannot be done."""

    left: tuple[DeploymentResource, ...] = ()  # what did not succeed
    untouched: tuple[str, ...] = ()  # URNs of what did
    refused: str = ""


def require_possible(failed: Deployment) -> None:
    if failed.status == Status.SUCCEEDED:
        raise NotPossible("That deployment succeeded, so there is nothing to retry.")
    if not failed.final:
        raise NotPossible("That deployment has not ended yet.")


def from_here(failed: Deployment, resources: Sequence[DeploymentResource]) -> FromHere:
    """What of it is left to do. The engine leaves alone what is named to it as done."""
    if failed.operation != Operation.UP:
        return FromHere(refused=NOTHING_TO_SKIP.get(failed.operation, RETRY))
    own = [each for each in resources if not each.kind.startswith(GROUPING)]
    left = tuple(each for each in own if each.state in ("failed", "running"))
    done = {each.urn for each in own if each.state == "done" and each.op in LEFT_ALONE}
    untouched = tuple(sorted({*failed.untouched, *done} - {each.urn for each in left}))
    if not left:
        return FromHere(refused=f"It did not fail at a resource. {RETRY}")
    if not untouched:
        return FromHere(refused=f"Nothing had succeeded before it. {RETRY}")
    return FromHere(left, untouched, _changed_since(failed))


def _changed_since(failed: Deployment) -> str:
    later = failed.pipeline.deployments.filter(pk__gt=failed.pk)
    if later.exclude(operation__in=CHANGE_NOTHING).exclude(status=Status.CANCELLED).exists():
        return (
            "Something else was asked of this pipeline since, so what succeeded then may be "
            f"otherwise now. {RETRY}"
        )
    if failed.spec_digest != plans.digest(spec_for(failed.pipeline, failed.version)):
        return (
            "The pipeline was changed since, by a trigger that was paused or resumed or by its "
            f"connection. {RETRY}"
        )
    return ""
