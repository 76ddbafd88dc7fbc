"""Pulumi pieces that the workflow uses: the jobs' role, the models' group, the notebook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as aws_native

from ..aws_common.names import Place, execution_role
from ..aws_common.policies import trust
from . import names
from .roles import jobs_may, notebook_may
from .settings import Settings


def job_role(
    settings: Settings, slug: str, *, place: Place, tags: Mapping[str, str]
) -> aws.iam.RolePolicy:
    """What the training jobs run as."""
    _, policy = _role(
        "execution",
        name=execution_role(slug),
        description=f"Runs the training jobs {names.jobs(slug)}-*",
        policy=jobs_may(settings, slug, place),
        account=place.account,
        tags=tags,
    )
    return policy


def model_group(
    settings: Settings, slug: str, *, tags: Mapping[str, str]
) -> aws_native.sagemaker.ModelPackageGroup | None:
    if not settings.register_models.enabled:
        return None
    return aws_native.sagemaker.ModelPackageGroup(
        "models",
        model_package_group_name=names.model_group(slug),
        model_package_group_description="Models that the pipeline has trained",
        tags=[aws_native.TagArgs(key=key, value=value) for key, value in tags.items()],
    )


def notebook(
    settings: Settings, slug: str, *, place: Place, tags: Mapping[str, str]
) -> aws.sagemaker.NotebookInstance:
    role, policy = _role(
        "notebook",
        name=names.notebook_role(slug),
        description=f"The notebook instance {names.notebook(slug)}",
        policy=notebook_may(settings, slug, place),
        account=place.account,
        tags=tags,
    )
    return aws.sagemaker.NotebookInstance(
        "notebook",
        name=names.notebook(slug),
        role_arn=role.arn,
        instance_type=settings.notebook.instance_type,
        volume_size=settings.notebook.volume_gb,
        tags=tags,
        opts=pulumi.ResourceOptions(depends_on=[policy]),
    )


def _role(
    key: str,
    *,
    name: str,
    description: str,
    policy: dict[str, Any],
    account: str,
    tags: Mapping[str, str],
) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    role = aws.iam.Role(
        f"{key}-role",
        name=name,
        description=description,
        assume_role_policy=json.dumps(trust("sagemaker.amazonaws.com", account)),
        tags=tags,
    )
    return role, aws.iam.RolePolicy(
        f"{key}-policy", name="do-its-work", role=role.name, policy=json.dumps(policy)
    )
