"""The state of a Pipeline in one badge."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from dashboard.models import Deployment, Pipeline
from dashboard.templatetags.status import status

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
