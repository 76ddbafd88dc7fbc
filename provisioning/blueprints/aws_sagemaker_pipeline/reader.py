"""The history of a SageMaker pipeline, read from SageMaker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.aws_common import logs
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import LogPage, RunPage, RunRecord, RunStatus, StackSpec, StepRecord
from provisioning.errors import NotFound

from . import identities, names
from .building import definition_text
from .footprint import all_steps
from .order import order
from .settings import Settings

PAGE = 100  # the most that SageMaker gives at once; it answers few such calls a second

STATUSES = {
    "Starting": RunStatus.QUEUED,
    "Executing": RunStatus.RUNNING,
    "Stopping": RunStatus.RUNNING,
    "Stopped": RunStatus.STOPPED,
    "Succeeded": RunStatus.SUCCEEDED,
    "Failed": RunStatus.FAILED,
    "CompletedWithFailures": RunStatus.FAILED,
}


class Reader:
    kept: timedelta | None = None

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._client = session.client("sagemaker")
        self._spec = spec
        self._pipeline = names.pipeline(spec.slug)

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        try:
            with cloud_errors("list the runs"):
                answer = self._client.list_pipeline_executions(
                    PipelineName=self._pipeline,
                    SortBy="CreationTime",
                    SortOrder="Descending",
                    MaxResults=PAGE,
                    # CreatedAfter leaves out the instant itself.
                    **({"CreatedAfter": since - timedelta(seconds=1)} if since else {}),
                    **({"NextToken": cursor} if cursor else {}),
                )
        except NotFound:  # destroyed, or not deployed yet
            return RunPage(runs=())
        found = answer["PipelineExecutionSummaries"]
        return RunPage(runs=tuple(map(_listed, found)), cursor=answer.get("NextToken"))

    def run(self, cloud_id: str) -> RunRecord:
        with cloud_errors("read the run"):
            found = self._client.describe_pipeline_execution(PipelineExecutionArn=cloud_id)
        status = STATUSES[found["PipelineExecutionStatus"]]
        creator, parameters = found.get("CreatedBy", {}), self.parameters(cloud_id)
        trigger, cause = self._origin(creator, parameters)
        return RunRecord(
            cloud_id=found["PipelineExecutionArn"],
            status=status,
            cloud_status=found["PipelineExecutionStatus"],
            started=_utc(found["CreationTime"]),
            # There is no end time: the last change of a run that has ended is its end.
            finished=_utc(found["LastModifiedTime"]) if status.final else None,
            trigger=trigger,
            started_by=identities.started_by(creator),
            cause=cause,
            parameters=parameters,
            reason=found.get("FailureReason", ""),
        )

    def _origin(self, creator: Mapping[str, Any], parameters: Mapping[str, str]) -> tuple[str, str]:
        """The trigger that started a run, and what set that off."""
        trigger = identities.trigger_of(self._spec, creator)
        return trigger, identities.cause(self._spec, trigger, parameters)

    def parameters(self, cloud_id: str) -> dict[str, str]:
        with cloud_errors("read the run's parameters"):
            return {
                each["Name"]: each["Value"]
                for each in self._pages(
                    "list_pipeline_parameters_for_execution", "PipelineParameters", cloud_id
                )
            }

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        with cloud_errors("list the steps"):
            found = list(
                self._pages("list_pipeline_execution_steps", "PipelineExecutionSteps", cloud_id)
            )
        planned = {step["Name"]: step["Type"] for step in all_steps(self._definition()["Steps"])}
        waits = order(self._definition())
        records = [
            _step(each, planned.get(each["StepName"], ""), waits.get(each["StepName"], ()))
            for each in found
        ]
        late = datetime.max.replace(tzinfo=UTC)
        return tuple(sorted(records, key=lambda step: step.started or late))

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        found = next((each for each in self.steps(cloud_id) if each.name == step), None)
        if found is None:
            return LogPage(note="A run of SageMaker has no log of its own; its steps have.")
        if found.kind == "Lambda" and found.started:
            group = f"/aws/lambda/{found.cloud_id.rpartition(':function:')[2].partition(':')[0]}"
            return logs.log(
                self._session, group, since=found.started, until=found.finished, cursor=cursor
            )
        return logs.job_log(self._session, found.cloud_id, cursor=cursor)

    def _definition(self) -> dict[str, Any]:
        """Of this version: kinds and order of steps, also of those that have no job yet."""
        settings = Settings.model_validate(self._spec.settings)
        definition: dict[str, Any] = json.loads(definition_text(settings, ""))
        return definition

    def _pages(self, operation: str, key: str, cloud_id: str) -> Iterator[dict[str, Any]]:
        call = getattr(self._client, operation)
        token: dict[str, str] = {}
        while True:
            answer = call(PipelineExecutionArn=cloud_id, MaxResults=PAGE, **token)
            yield from answer.get(key, [])
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def _listed(found: Mapping[str, Any]) -> RunRecord:
    return RunRecord(
        cloud_id=found["PipelineExecutionArn"],
        status=STATUSES[found["PipelineExecutionStatus"]],
        cloud_status=found["PipelineExecutionStatus"],
        started=_utc(found["StartTime"]),
        reason=found.get("PipelineExecutionFailureReason", ""),
    )


def _step(found: Mapping[str, Any], planned: str, after: tuple[str, ...]) -> StepRecord:
    metadata: dict[str, Any] = found.get("Metadata") or {}
    kind = next(iter(metadata), planned)
    detail = metadata.get(kind) or {}
    ended = found.get("EndTime")
    return StepRecord(
        name=found["StepName"],
        kind=kind.removesuffix("Job"),
        status=STATUSES[found["StepStatus"]],
        cloud_status=found["StepStatus"],
        started=_utc(found["StartTime"]) if found.get("StartTime") else None,
        finished=_utc(ended) if ended else None,
        reason=found.get("FailureReason") or _said(kind, detail),
        cloud_id=str(detail.get("Arn", "")) if isinstance(detail, Mapping) else "",
        attempt=max(1, found.get("AttemptCount", 1)),
        after=after,
    )


def _said(kind: str, detail: Mapping[str, Any]) -> str:
    """What a step has to say besides a failure."""
    if kind == "Condition" and detail.get("Outcome"):
        return f"The condition was {str(detail['Outcome']).lower()}."
    return str(detail.get("ErrorMessage", "")) if kind == "Fail" else ""


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
