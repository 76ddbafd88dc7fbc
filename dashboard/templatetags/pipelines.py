"""The state of a Pipeline in one badge."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from dashboard.models import Connection, Deployment, Pipeline
from dashboard.services.entering import LEVELS
from dashboard.templatetags.status import status
from provisioning.blueprints import registry
from provisioning.contracts import Level

register = template.Library()
BROKEN = (Deployment.Status.FAILED, Deployment.Status.INTERRUPTED)
ACTIVE = (Deployment.Status.QUEUED, Deployment.Status.RUNNING)
DOING = {
    "preview": "Previewing",
    "up": "Deploying",
    "refresh": "Refreshing",
    "destroy": "Destroying",
    "check": "Checking for drift",
}


@register.simple_tag
def pipeline_state(pipeline: Pipeline) -> SafeString:
    """What is in the cloud, unless the last deployment is more important."""
    last = pipeline.last_deployment
    if not pipeline.managed:
        if pipeline.gone_at:
            return status("gone", "Gone from the cloud")
        return status("watched", "Not managed here")
    if last and last.status in ACTIVE:
        words = f"{last.get_operation_display()} queued"
        return status(last.status, DOING[last.operation] if last.status == "running" else words)
    if last and last.status == Deployment.Status.AWAITING_APPROVAL:
        return status(last.status, f"{last.get_operation_display()} awaits approval")
    if last and last.status in BROKEN and last.operation != Deployment.Operation.PREVIEW:
        return status(last.status, f"{last.get_operation_display()} {last.status}")
    if pipeline.deployed_version and pipeline.may_exist_in_cloud:
        number = pipeline.deployed_version.number
        newer = pipeline.current_version and pipeline.current_version.number > number
        return status("deployed", f"Deployed v{number}" + (", edited since" if newer else ""))
    if pipeline.may_exist_in_cloud:
        return status("unknown", "Partly deployed")
    destroyed = last and last.operation == Deployment.Operation.DESTROY
    return status("deleted", "Destroyed") if destroyed else status("draft", "Not deployed")


@register.filter
def watched_kind(pipeline: Pipeline) -> str:
    """What a watched one is: "Step Functions state machine"."""
    return registry.get(pipeline.blueprint).label


@register.filter
def allows(connection: Connection, level: str) -> bool:
    """Whether its level includes this one, and it is not switched off: buttons that would be
    refused are not there."""
    return connection.enabled and LEVELS.index(Level(connection.level)) >= LEVELS.index(
        Level(level)
    )
