"""The pipeline itself, where a crash left it in the cloud but not in the engine's state."""

from __future__ import annotations

from provisioning.blueprints.aws_common.orphans import ours
from provisioning.blueprints.common.orphans import Finder, Inputs
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec


def _pipeline(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    sagemaker = session.client("sagemaker")
    found = sagemaker.describe_pipeline(PipelineName=inputs["pipelineName"])
    tags = sagemaker.list_tags(ResourceArn=found["PipelineArn"])["Tags"]
    return str(found["PipelineName"]) if ours(spec, tags) else None


FINDERS: dict[str, Finder] = {"aws-native:sagemaker:Pipeline": _pipeline}
