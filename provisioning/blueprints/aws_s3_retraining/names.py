"""The fixed names of a retraining, from the slug."""

from __future__ import annotations

from ..aws_common.names import ROLE_LIMIT, Place, data_bucket, fitted, own

FUNCTION_LIMIT = 64

__all__ = ["data_bucket", "own"]


def jobs(slug: str) -> str:
    """What the names of its training jobs begin with, before a hyphen."""
    return own(slug)


def job_arn(name: str, place: Place) -> str:
    return place.arn("sagemaker", f"training-job/{name}")


def function(slug: str) -> str:
    return fitted(f"{own(slug)}-starter", FUNCTION_LIMIT)


def function_arn(slug: str, place: Place) -> str:
    return place.arn("lambda", f"function:{function(slug)}")


def function_role(slug: str) -> str:
    return fitted(f"{own(slug)}-starter", ROLE_LIMIT)


def function_log(slug: str) -> str:
    return f"/aws/lambda/{function(slug)}"
