"""Before the pipeline is destroyed: what AWS would not delete, or what would go on."""

from __future__ import annotations

from provisioning.blueprints.aws_common import jobs
from provisioning.blueprints.aws_common import names as common
from provisioning.blueprints.aws_common.buckets import require_deletable
from provisioning.blueprints.aws_common.lists import pages
from provisioning.blueprints.base import Tell
from provisioning.blueprints.common import stopping
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import CloudError, NotFound, NotPossible

from . import names
from .controls import Controls
from .reader import Reader
from .settings import Settings


def clear(session: Session, spec: StackSpec, tell: Tell) -> None:
    """Models are data as well: versions are deleted only where data may be."""
    form = Settings.model_validate(spec.settings).data_bucket
    require_deletable(session, common.data_bucket(spec.slug, spec.account), form)
    versions = _versions(session, spec)
    if versions and not form.delete_objects:
        raise NotPossible(
            f"The model package group {names.model_group(spec.slug)} still holds "
            f"{_counted(versions)}. Delete them, or allow 'Delete the data with the pipeline' in "
            "the settings and deploy them; then destroy again."
        )
    stop_all(session, spec, tell)
    for arn in versions:
        with cloud_errors("delete a model version"):
            session.client("sagemaker").delete_model_package(ModelPackageName=arn)
    if versions:
        tell(f"Deleted {_counted(versions)}.")


def _counted(versions: list[str]) -> str:
    return "1 model version" if len(versions) == 1 else f"{len(versions)} model versions"


def stop_all(session: Session, spec: StackSpec, tell: Tell) -> None:
    reader, since = Reader(session, spec), session.now() - jobs.LONGEST

    def running() -> list[str]:
        found = stopping.runs_since(reader, since)
        return [run.cloud_id for run in found if not run.status.final]

    jobs.stop_all(running, Controls(session, spec), tell)


def _versions(session: Session, spec: StackSpec) -> list[str]:
    try:
        with cloud_errors("list the model versions"):
            found = pages(
                session.client("sagemaker"),
                "list_model_packages",
                "ModelPackageSummaryList",
                ModelPackageGroupName=names.model_group(spec.slug),
            )
            return [str(each["ModelPackageArn"]) for each in found]
    except CloudError as error:
        if isinstance(error, NotFound) or error.code == "ValidationException":
            return []  # there is no group
        raise
