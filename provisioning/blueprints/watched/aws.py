"""AWS: SageMaker pipelines and Step Functions state machines, whoever made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from provisioning.blueprints.base import Blueprint
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Cloud, SeenTrigger, StackSpec, Unread, Watchable

from ..aws_common import console
from ..aws_common.lists import pages
from .aws_readers import MachineReader, PipelineReader
from .aws_starters import starters
from .looking import Look
from .watcher import Discoverer, Watcher

PIPELINE, MACHINE = "watched_sagemaker_pipeline", "watched_state_machine"
EXPRESS = "Express: AWS keeps no list of its executions, so its runs cannot be shown."

Starters = Mapping[str, list[SeenTrigger]]


class WatchedPipeline(Watcher):
    cloud = Cloud.AWS
    kind, label, service = PIPELINE, "SageMaker pipeline", "SageMaker"

    def observe(self, session: Session, cloud_id: str) -> tuple[Watchable, tuple[Unread, ...]]:
        with cloud_errors("read the pipeline"):
            found = session.client("sagemaker").describe_pipeline(PipelineName=_name(cloud_id))
        look = Look(session)
        started = starters(look, lambda arn: arn == cloud_id)
        return _pipeline(found, session, started), tuple(look.unread)

    def reader(self, session: Session, spec: StackSpec) -> PipelineReader:
        return PipelineReader(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(spec.region, cloud_id)


class WatchedMachine(Watcher):
    cloud = Cloud.AWS
    kind, label, service = MACHINE, "Step Functions state machine", "Step Functions"

    def observe(self, session: Session, cloud_id: str) -> tuple[Watchable, tuple[Unread, ...]]:
        client = session.client("stepfunctions")
        with cloud_errors("read the state machine"):
            found = client.describe_state_machine(stateMachineArn=cloud_id)
        look = Look(session)
        started = starters(look, lambda arn: arn == cloud_id)
        return _machine(found, session, started), tuple(look.unread)

    def reader(self, session: Session, spec: StackSpec) -> MachineReader:
        return MachineReader(session, spec)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(spec.region, cloud_id)


class AwsDiscoverer:
    kinds: tuple[str, ...] = (PIPELINE, MACHINE)

    def discover(self, session: Session) -> Iterator[Watchable | Unread]:
        look = Look(session)
        lists = (
            (
                "SageMaker pipelines",
                "sagemaker:ListPipelines",
                pages(session.client("sagemaker"), "list_pipelines", "PipelineSummaries"),
                _pipeline,
                PIPELINE,
            ),
            (
                "Step Functions state machines",
                "states:ListStateMachines",
                pages(session.client("stepfunctions"), "list_state_machines", "stateMachines"),
                _machine,
                MACHINE,
            ),
        )
        seen = [
            (made, each)
            for what, permission, listed, made, kind in lists
            for each in look.all_of(what, (permission,), listed, kind)
        ]
        arns = {str(each.get("PipelineArn") or each.get("stateMachineArn")) for _, each in seen}
        started = starters(look, arns.__contains__) if arns else {}
        yield from (made(each, session, started) for made, each in seen)
        yield from look.unread


def _pipeline(found: Mapping[str, Any], session: Session, started: Starters) -> Watchable:
    """Of the list, or looked at by itself."""
    arn, last = str(found["PipelineArn"]), found.get("LastExecutionTime")
    last = last or found.get("LastRunTime")
    return Watchable(
        kind=PIPELINE,
        cloud_id=arn,
        name=str(found["PipelineName"]),
        region=session.region,
        detail=str(found.get("PipelineDescription") or "")[:400],
        console=console.url(session.region, arn) or "",
        triggers=tuple(started.get(arn, ())),
        last_run=last.astimezone(UTC) if last else None,
    )


def _machine(found: Mapping[str, Any], session: Session, started: Starters) -> Watchable:
    arn = str(found["stateMachineArn"])
    return Watchable(
        kind=MACHINE,
        cloud_id=arn,
        name=str(found["name"]),
        region=session.region,
        detail=EXPRESS if found.get("type") == "EXPRESS" else "",
        console=console.machine(session.region, arn),
        triggers=tuple(started.get(arn, ())),
    )


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


WATCHERS: tuple[Blueprint, ...] = (WatchedPipeline(), WatchedMachine())
DISCOVERER: Discoverer = AwsDiscoverer()
