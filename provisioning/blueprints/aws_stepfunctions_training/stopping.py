"""Ending all executions: a machine that is deleted stays until the last has ended."""

from __future__ import annotations

import time
from contextlib import suppress

from provisioning.blueprints.aws_common.discovery import pages
from provisioning.blueprints.aws_common.names import Place
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotFound, NotPossible

from . import names
from .controls import Controls

PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 1.0


def stop_all(session: Session, spec: StackSpec) -> None:
    """Stop what runs, their jobs with them. Raises NotPossible when that takes too long."""
    controls, until = Controls(session, spec), time.monotonic() + PATIENCE_SECONDS
    while running := _running(session, spec):
        if time.monotonic() > until:
            raise NotPossible(
                f"{len(running)} runs are still stopping. Try again when they have ended."
            )
        for cloud_id in running:
            with suppress(NotPossible):  # it has ended by itself
                controls.stop(cloud_id)
        time.sleep(LOOK_SECONDS)


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
