"""The fixed names of a SageMaker pipeline, from the slug."""

from __future__ import annotations

from ..aws_common.names import Place, own


def pipeline(slug: str) -> str:
    return own(slug)


def pipeline_arn(slug: str, region: str, account: str) -> str:
    return Place(region, account).arn("sagemaker", f"pipeline/{pipeline(slug)}")
