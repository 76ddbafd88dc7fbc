"""On what an action is needed: all that Skyclock makes has names that begin alike.

Actions that take no resources, and those on what is not Skyclock's, are on "*".
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re

from .names import Place

OURS = "skyclock-*"
# The first whose pattern fits; "-" is what takes no resource. Regional ARNs, but for iam and s3.
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"sagemaker:(ListPipelineExecutions|StartPipelineExecution)", f"pipeline/{OURS}"),
    (r"sagemaker:.*PipelineExecution.*|sagemaker:ListPipelineParametersForExecution",
     f"pipeline/{OURS}/execution/*"),
    (r"sagemaker:\w+Pipeline", f"pipeline/{OURS}"),
    (r"sagemaker:\w+NotebookInstance", f"notebook-instance/{OURS}"),
    (r"sagemaker:(Create|Describe|Delete)ModelPackageGroup", f"model-package-group/{OURS}"),
    (r"sagemaker:DeleteModelPackage", f"model-package/{OURS}"),
    (r"sagemaker:(Create|Stop)TrainingJob", "training-job/*"),
    (r"states:(Describe|Stop|Redrive)Execution|states:GetExecutionHistory", f"execution:{OURS}:*"),
    (r"states:(List|Validate)\w*(Machines|Definition)", "-"),
    (r"states:\w+", f"stateMachine:{OURS}"),
    (r"scheduler:(Create|Get|Update|Delete)Schedule", f"schedule/*/{OURS}"),
    (r"sqs:\w+", OURS),
    (r"events:PutEvents", "event-bus/*"),
    (r"events:\w+EventBus", f"event-bus/{OURS}"),
    (r"events:\w+Archive", f"archive/{OURS}"),
    (r"events:StartReplay", "replay/*"),
    (r"events:(List(Event|Rules|Archives|Replays)\w*)", "-"),
    (r"events:\w+", f"rule/{OURS}"),
    (r"lambda:\w+", f"function:{OURS}"),
)  # fmt: skip
OBJECTS = re.compile(r"s3:(Get|Put|Delete)Object(Version)?$")


def pattern_of(action: str, place: Place) -> str:
    """The resources that a policy names for this action: "arn:aws:sqs:…:skyclock-*"."""
    service = action.partition(":")[0]
    if service == "iam":
        return place.role(OURS)
    if service == "s3":
        return _bucket(action, place)
    found = next((each for rule, each in PATTERNS if re.fullmatch(rule, action)), "-")
    return "*" if found == "-" else place.arn(service, found)


def sample_of(action: str, place: Place) -> str:
    """One resource that such a pattern covers, to ask about before there is any."""
    pattern = pattern_of(action, place)
    return pattern if pattern == "*" else pattern.replace("*", "check")


def _bucket(action: str, place: Place) -> str:
    if action == "s3:ListAllMyBuckets":
        return "*"
    return place.bucket(f"{OURS}/*" if OBJECTS.match(action) else OURS)
