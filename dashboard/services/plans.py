"""Plans: what a preview found, and what a later `up` applies exactly, or not at all.

The engine takes a plan that has become stale silently, and finds a violation in the middle of
the run. So that nothing was changed since is made sure of here, before it starts.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from dashboard.models import Deployment, Pipeline
from dashboard.services import adoptions
from dashboard.services.pipelines import spec_for, version_in_cloud
from provisioning.contracts import StackSpec
from provisioning.errors import NotPossible, PlanStale

Operation = Deployment.Operation
Status = Deployment.Status
NEWEST = (1 << 63) - 1  # above every id
WORDS = {
    Operation.PREVIEW: "a preview",
    Operation.UP: "an up",
    Operation.REFRESH: "a refresh",
    Operation.DESTROY: "a destroy",
    Operation.CHECK: "a check",
}


def work_dir(pipeline: Pipeline) -> Path:
    """The fixed folder of the Pipeline's stack."""
    return Path(settings.WORK_DIR) / pipeline.slug


def plan_file(source: Deployment) -> Path:
    return work_dir(source.pipeline) / "plans" / f"{source.pk}.json"


def path_for(deployment: Deployment) -> Path | None:
    """The plan file that this operation writes or applies, if any."""
    if deployment.operation not in (Operation.PREVIEW, Operation.UP):
        return None  # the engine plans no destroy: the state that it was planned on decides
    if deployment.only_plans:
        path = plan_file(deployment)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path
    source = deployment.plan_source
    if source is None:
        return None
    path = plan_file(source)
    if not path.exists():
        raise PlanStale("The plan is not kept any more.")
    return path


def forget(pipeline: Pipeline) -> None:
    """Plans are of no use once something was applied."""
    shutil.rmtree(work_dir(pipeline) / "plans", ignore_errors=True)


def digest(spec: StackSpec) -> str:
    """Of everything that the program sees; outputs are results, not causes."""
    # Sorted: PostgreSQL keeps the names of a JSON object in an order of its own.
    text = json.dumps(spec.model_dump(mode="json", exclude={"outputs"}), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def described(deployment: Deployment) -> str:
    """ "deployment 12, an up that mel asked for" """
    asker = deployment.requested_by.username if deployment.requested_by else "Skyclock"
    operation = WORDS[Operation(deployment.operation)]
    return f"deployment {deployment.pk}, {operation} that {asker} asked for"


def require_usable(plan: Deployment, *, pipeline: Pipeline, operation: str) -> None:
    """Whether this preview's plan can be applied, as far as the rows know."""
    if operation != Operation.UP:
        raise NotPossible("Only an up can apply a plan.")
    if plan.pipeline_id != pipeline.pk or plan.operation != Operation.PREVIEW:
        raise NotPossible("That is not a preview of this pipeline.")
    if plan.status != Status.SUCCEEDED:
        raise NotPossible("That preview did not succeed, so it has no plan.")
    changed = what_changed(plan, pipeline=pipeline)
    if changed:
        raise PlanStale(f"{changed} Preview again.")
    adoptions.require_ready(plan)


def require_fresh(deployment: Deployment, *, engine: str) -> None:
    """Refuse to apply a plan when anything that it was made on was changed since."""
    source = deployment.plan_source
    if source is None:
        return
    changed = what_changed(
        source, pipeline=deployment.pipeline, engine=engine, besides=deployment.pk
    )
    if changed:
        raise PlanStale(changed)


def what_changed(
    plan: Deployment, *, pipeline: Pipeline, engine: str = "", besides: int | None = None
) -> str:
    """In sentences; "" when the plan is fresh. `besides` is the one that wants to apply it."""
    said = [
        _definition(plan, pipeline),
        _state(plan, pipeline, besides),
        _engine(plan, engine),
    ]
    return " ".join(filter(None, said))


def _definition(plan: Deployment, pipeline: Pipeline) -> str:
    if plan.operation == Operation.DESTROY:
        present = version_in_cloud(pipeline)
    else:
        present = pipeline.current_version
    # A retry is of an older Version on purpose; what was saved after it was asked for counts.
    meant = plan.retry_of_id is not None and present and present.created_at < plan.requested_at
    if present and present.pk != plan.version_id and not meant:
        return f"The pipeline was edited: version {plan.version.number} → {present.number}."
    if plan.operation == Operation.DESTROY:
        return ""  # it deletes what the state has, whatever the definition says
    if plan.spec_digest != digest(spec_for(pipeline, plan.version)):
        return "The pipeline was changed since: its name, or a pause of one of its triggers."
    return ""


def _state(plan: Deployment, pipeline: Pipeline, besides: int | None) -> str:
    others = pipeline.deployments.exclude(pk__in=[plan.pk, besides or 0])
    others = others.select_related("requested_by")
    for other in _changing(others.filter(status=Status.QUEUED, pk__lt=besides or NEWEST)):
        return f"The state is going to be changed by {described(other)}, which comes first."
    begun = others.filter(started_at__gte=_made_at(plan))
    for other in _changing(begun.order_by("-started_at", "-pk")):
        # What the last one left is what there is, whatever the ones before it did.
        same = other.final and other.state_left and other.state_left == plan.planned_on
        return "" if same else f"The state was changed since by {described(other)}."
    return ""


def _made_at(plan: Deployment) -> datetime:
    return plan.planned_at or plan.started_at or plan.requested_at


def _changing(rows: QuerySet[Deployment]) -> list[Deployment]:
    """Those that do more than to look and to plan."""
    rows = rows.exclude(operation=Operation.CHECK)
    return [row for row in rows if not row.only_plans]


def _engine(plan: Deployment, engine: str) -> str:
    if engine and plan.planned_by and engine != plan.planned_by:
        return f"The engine is {engine} now, the plan was made by {plan.planned_by}."
    return ""
