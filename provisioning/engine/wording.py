"""The lines of the log, as people read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from provisioning.contracts import Changes, ResourceOp

SIGNS = {
    ResourceOp.CREATE: "+",
    ResourceOp.UPDATE: "~",
    ResourceOp.REPLACE: "+-",
    ResourceOp.DELETE: "-",
    ResourceOp.READ: ">",
    ResourceOp.ADOPT: "=",
}
PLANNED = {
    ResourceOp.CREATE: "will be created",
    ResourceOp.UPDATE: "will be updated",
    ResourceOp.REPLACE: "will be replaced",
    ResourceOp.DELETE: "will be deleted",
    ResourceOp.READ: "will be read",
    ResourceOp.ADOPT: "will be adopted",
}
RUNNING = {
    ResourceOp.CREATE: "creating",
    ResourceOp.UPDATE: "updating",
    ResourceOp.REPLACE: "replacing",
    ResourceOp.DELETE: "deleting",
    ResourceOp.READ: "reading",
    ResourceOp.ADOPT: "adopting",
    ResourceOp.REFRESH: "refreshing",
    ResourceOp.SAME: "checking",
}
DONE = {
    ResourceOp.CREATE: "created",
    ResourceOp.UPDATE: "updated",
    ResourceOp.REPLACE: "replaced",
    ResourceOp.DELETE: "deleted",
    ResourceOp.READ: "read",
    ResourceOp.ADOPT: "adopted",
}
REFRESHED = {
    ResourceOp.UPDATE: "differs in the cloud",
    ResourceOp.DELETE: "is gone from the cloud",
}
# Of what is adopted, where the program wants it otherwise.
OTHERWISE, ADAPTED = "differs from the program", "is as the program wants it now"
COUNTED = {
    "create": "created", "update": "updated", "replace": "replaced",
    "delete": "deleted", "adopt": "adopted", "same": "unchanged",
}  # fmt: skip
COUNTED_PLAN = {
    "create": "to create", "update": "to change", "replace": "to replace",
    "delete": "to delete", "adopt": "to adopt", "same": "unchanged",
}  # fmt: skip

CANCELLING = "Cancelling: steps that run are finished and saved, no new ones begin."
MOST_PATHS = 6
# Terminal colours, and the engine's own marks for them.
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|<\{%[a-z0-9 ]+%\}>")

# Modules of providers → the service as people call it.
SERVICES = {
    "iam": "IAM", "s3": "S3", "sqs": "SQS", "sns": "SNS", "lambda": "Lambda", "sfn": "Step "
    "Functions", "sagemaker": "SageMaker", "scheduler": "EventBridge Scheduler", "cloudwatch":
    "CloudWatch", "datafactory": "Data Factory", "eventgrid": "Event Grid", "storage": "Storage",
    "resources": "Azure", "authorization": "Azure", "cloudrunv2": "Cloud Run", "eventarc":
    "Eventarc", "workflows": "Workflows", "dataflow": "Data Pipelines", "pubsub": "Pub/Sub",
    "serviceaccount": "IAM", "projects": "IAM", "serviceAccount": "IAM",
}  # fmt: skip
# What AWS's providers keep under "cloudwatch" belongs to services of its own.
WHOLE = {
    "cloudwatch:EventRule": "EventBridge rule", "cloudwatch:EventTarget": "EventBridge target",
    "cloudwatch:EventBus": "EventBridge event bus",
    "cloudwatch:EventArchive": "EventBridge archive",
    "cloudwatch:EventPermission": "EventBridge permission",
    "scheduler:Schedule": "EventBridge schedule", "datafactory:Factory": "Data factory",
    "resources:ResourceGroup": "Resource group", "sfn:StateMachine": "State machine",
    "dataflow:Pipeline": "Data pipeline",
}  # fmt: skip
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def kind_words(kind: str) -> str:
    """ "aws:iam/role:Role" is said as "IAM role"."""
    package, _, rest = kind.partition(":")
    module, _, name = rest.rpartition(":")
    module = module.partition("/")[0]
    if whole := WHOLE.get(f"{module}:{name}"):
        return whole
    what = CAMEL.sub(" ", name).lower().removesuffix(" v2")
    service = "Cloud Storage" if (package, module) == ("gcp", "storage") else SERVICES.get(module)
    return f"{service} {what}" if service else what.capitalize()


def resource_line(
    op: ResourceOp, resource: str, words: str, *, seconds: float | None, diff: Sequence[str]
) -> str:
    """E.g. `+ aws:iam/role:Role train-daily-exec created (0.8 s)`."""
    paths = ", ".join(diff[:MOST_PATHS]) + (" …" if len(diff) > MOST_PATHS else "")
    changed = f": {paths}" if paths else ""
    took = f" ({seconds:.1f} s)" if seconds is not None else ""
    return f"{SIGNS.get(op, ' ')} {resource} {words}{took}{changed}"


def counts_line(changes: Changes, *, planned: bool) -> str:
    """E.g. `Resources: 2 created, 5 unchanged`."""
    words = COUNTED_PLAN if planned else COUNTED
    counts = changes.model_dump()
    parts = [f"{counts[key]} {word}" for key, word in words.items() if counts[key]]
    return f"Resources: {', '.join(parts) or 'none'}"


def plain(text: str) -> str:
    return COLOURS.sub("", text)


def of_engine(text: str) -> str:
    """What the engine says to a terminal; nobody here can press keys."""
    return CANCELLING if text.startswith("^C received") else plain(text)
