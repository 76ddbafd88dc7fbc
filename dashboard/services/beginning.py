"""What is looked at anew when a Deployment's turn has come: it may have waited for long."""

from __future__ import annotations

from dashboard.models import Deployment
from dashboard.services import history, plans
from dashboard.services.deployment_log import Recorder
from dashboard.services.entering import require_level
from dashboard.services.leases import LeaseLost
from dashboard.services.pipelines import version_in_cloud
from provisioning import operations
from provisioning.contracts import EngineCommand, Level
from provisioning.errors import SkyclockError

Operation = Deployment.Operation
SAVED = (Operation.PREVIEW, Operation.UP)  # these are about a definition, whatever the cloud has
NEWER = "Version {number} was deployed since this was asked for: it is about that one."


def prepare(deployment: Deployment, recorder: Recorder, command: EngineCommand) -> None:
    """What has to hold now, though it held when the Deployment was asked for."""
    require_level(deployment.pipeline.connection, Level.DEPLOY)
    if deployment.plan_source is None:
        _take_version(deployment, recorder)
    if deployment.only_plans:
        return
    plans.require_fresh(deployment, engine=operations.describe_engine(command))
    if deployment.operation == Operation.DESTROY:
        _save_history(deployment, recorder)


def _take_version(deployment: Deployment, recorder: Recorder) -> None:
    """A refresh, a check or a destroy is about what the cloud has by now: with the triggers of
    an earlier Version it would look for what is gone, and miss what came."""
    present = version_in_cloud(deployment.pipeline)
    if deployment.operation in SAVED or present is None or present.pk == deployment.version_id:
        return
    if not recorder.lease.rows().update(version=present):
        raise LeaseLost
    deployment.version = present
    recorder.say(NEWER.format(number=present.number))


def _save_history(deployment: Deployment, recorder: Recorder) -> None:
    """Runs go with the pipeline in some clouds, so they are pulled a last time before."""
    try:
        history.sync(deployment.pipeline)
    except SkyclockError as error:
        recorder.say(f"The last runs could not be pulled before: {error}", level="warning")
