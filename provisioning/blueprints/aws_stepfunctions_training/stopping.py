"""Ending all executions: a machine that is deleted stays until the last has ended."""

from __future__ import annotations

from provisioning.blueprints.aws_common.lists import pages
from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.common import stopping
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotFound

from . import names
from .controls import Controls


def stop_all(session: Session, spec: StackSpec) -> None:
    """Their jobs are stopped with them."""
    stopping.stop_all(
        lambda: _running(session, spec),
        Controls(session, spec),
        too_long=lambda count: f"{count} runs are still stopping. Try again when they have ended.",
    )


def _running(session: Session, spec: StackSpec) -> list[str]:
    arn = names.machine_arn(spec.slug, Place(spec.region, spec.account))
    asked = {"stateMachineArn": arn, "statusFilter": "RUNNING"}
    try:
        with cloud_errors("list the runs"):
            client = session.client("stepfunctions")
            found = list(pages(client, "list_executions", "executions", **asked))
    except NotFound:  # never deployed, or gone already
        return []
    return [str(each["executionArn"]) for each in found]
