"""Plans: what a preview writes and a later `up` applies exactly, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from dashboard.models import Deployment, Pipeline
from dashboard.services.pipelines import spec_for
from provisioning.contracts import StackSpec
from provisioning.errors import NotPossible

Operation = Deployment.Operation
Status = Deployment.Status
NEWEST = (1 << 63) - 1  # above every id


def work_dir(pipeline: Pipeline) -> Path:
    """The fixed folder of the Pipeline's stack."""
    return Path(settings.WORK_DIR) / pipeline.slug


def plan_file(preview: Deployment) -> Path:
    return work_dir(preview.pipeline) / "plans" / f"{preview.pk}.json"


def path_for(deployment: Deployment) -> Path | None:
    """The plan file that this operation writes or applies, if any."""
    if deployment.operation == Operation.PREVIEW:
        path = plan_file(deployment)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path
    if deployment.operation == Operation.UP and deployment.plan:
        path = plan_file(deployment.plan)
        if not path.exists():
            raise NotPossible("The plan of that preview is not kept any more. Preview again.")
        return path
    return None


def forget(pipeline: Pipeline) -> None:
    """Plans are of no use once something was applied."""
    shutil.rmtree(work_dir(pipeline) / "plans", ignore_errors=True)


def digest(spec: StackSpec) -> str:
    """Of everything that the program sees; outputs are results, not causes."""
    # Sorted: PostgreSQL keeps the names of a JSON object in an order of its own.
    text = json.dumps(spec.model_dump(mode="json", exclude={"outputs"}), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def require_usable(plan: Deployment, *, pipeline: Pipeline, operation: str) -> None:
    """The engine takes a stale plan silently, so that it is fresh is made sure of here."""
    if operation != Operation.UP:
        raise NotPossible("Only an up can apply a plan.")
    if plan.pipeline_id != pipeline.pk or plan.operation != Operation.PREVIEW:
        raise NotPossible("That is not a preview of this pipeline.")
    if plan.status != Status.SUCCEEDED:
        raise NotPossible("That preview did not succeed, so it has no plan.")
    if plan.version_id != pipeline.current_version_id:
        raise NotPossible("The pipeline was changed after that preview. Preview again.")
    require_fresh(plan, pipeline=pipeline)


def require_fresh(plan: Deployment, *, pipeline: Pipeline, besides: int | None = None) -> None:
    """Refuse when anything was changed since. `besides` is the `up` that wants to apply it."""
    if plan.spec_digest != digest(spec_for(pipeline, plan.version)):
        raise NotPossible("The pipeline was changed after that preview. Preview again.")
    besides = besides or NEWEST
    since = Q(started_at__gte=plan.started_at) | Q(status=Status.QUEUED, pk__lt=besides)
    changing = pipeline.deployments.exclude(operation__in=[Operation.PREVIEW, Operation.CHECK])
    others = changing.exclude(pk=besides)
    if others.filter(since).exists():
        raise NotPossible(
            "Something was deployed after that preview, or waits to be. Preview again."
        )
