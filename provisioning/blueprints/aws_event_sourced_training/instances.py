"""The notebook instance, which people start and stop."""

from __future__ import annotations

from typing import Any, Literal

from provisioning.blueprints.aws_common.sagemaker import described
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Instance, StackSpec
from provisioning.errors import NotPossible

from . import names
from .settings import Settings

Status = Literal["running", "stopped", "changing", "failed"]

STATUSES: dict[str, Status] = {
    "InService": "running",
    "Stopped": "stopped",
    "Failed": "failed",
    "Pending": "changing",
    "Stopping": "changing",
    "Updating": "changing",
    "Deleting": "changing",
}


def instances(session: Session, spec: StackSpec) -> tuple[Instance, ...]:
    found = _describe(session, spec) if _wanted(spec) else None
    if found is None:
        return ()
    status = found["NotebookInstanceStatus"]
    # The sandbox has an address for it as AWS would, and nothing behind that.
    opens = status == "InService" and not session.sandbox
    return (
        Instance(
            name=found["NotebookInstanceName"],
            kind="Notebook instance",
            status=STATUSES.get(status, "changing"),
            cloud_status=status,
            url=f"https://{found['Url']}" if opens and found.get("Url") else None,
        ),
    )


def switch(session: Session, spec: StackSpec, name: str, *, running: bool) -> None:
    if not _wanted(spec) or name != names.notebook(spec.slug):
        raise NotPossible(f"This pipeline has no instance '{name}'.")
    found = _describe(session, spec)
    if found is None:
        raise NotPossible("AWS has no such notebook instance. Deploy the pipeline first.")
    status = STATUSES.get(found["NotebookInstanceStatus"], "changing")
    if status == ("running" if running else "stopped"):
        return
    if status == "changing":
        raise NotPossible(
            f"The instance is {found['NotebookInstanceStatus']}. Try again when that is done."
        )
    client, call = session.client("sagemaker"), "start" if running else "stop"
    with cloud_errors(f"{call} the notebook instance"):
        getattr(client, f"{call}_notebook_instance")(NotebookInstanceName=name)


def _wanted(spec: StackSpec) -> bool:
    return Settings.model_validate(spec.settings).notebook.enabled


def _describe(session: Session, spec: StackSpec) -> dict[str, Any] | None:
    name = names.notebook(spec.slug)
    return described(session, "describe_notebook_instance", NotebookInstanceName=name)
