"""Steps of an execution, from its history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from provisioning.blueprints.aws_common.names import Place
from provisioning.contracts import RunStatus, StepRecord

from .reasons import reason
from .visits import Ending, Event, History, Visit, details, moment

KINDS = {
    "createTrainingJob": "Training",
    "createProcessingJob": "Processing",
    "createTransformJob": "Transform",
    "createModel": "Model",
    "invoke": "Lambda",
    "startExecution": "State machine",
}
# What an answer calls the thing that was made.
ARNS = ("TrainingJobArn", "ProcessingJobArn", "TransformJobArn", "ModelArn", "ExecutionArn")


def steps(events: Iterable[Event], place: Place) -> tuple[StepRecord, ...]:
    """In the order they began. A state that was entered more than once, as in a loop, is one
    step, whose attempts are counted together; each item of a Map has steps of its own."""
    history = History(events)
    found: dict[str, StepRecord] = {}
    for visit in history.visits:
        step = _step(visit, history.ending, place)
        if former := found.get(step.name):
            step = step.model_copy(
                update={
                    "started": former.started,
                    "attempt": former.attempt + step.attempt,
                    "after": former.after,
                }
            )
        found[step.name] = step
    return tuple(found.values())


def _step(visit: Visit, ending: Ending | None, place: Place) -> StepRecord:
    status = _status(visit, ending)
    before = visit.after.label if visit.after and visit.after.label != visit.label else None
    return StepRecord(
        name=visit.label,
        kind=_kind(visit),
        status=status,
        cloud_status="Aborted" if status is RunStatus.STOPPED else visit.last,
        started=visit.started,
        finished=_finished(visit, ending) if status.final else None,
        reason=_reason(visit, status, ending),
        cloud_id=_cloud_id(visit, place),
        attempt=max(1, visit.tries),
        after=(before,) if before else (),
    )


def _status(visit: Visit, ending: Ending | None) -> RunStatus:
    """A failure that was caught is one all the same; what a failure elsewhere ended is not."""
    failed = visit.error is not None or visit.type == "Fail"
    if visit.finished:
        return RunStatus.FAILED if failed else RunStatus.SUCCEEDED
    if ending is None and not any(each.finished for each in visit.outer):
        return RunStatus.RUNNING
    blamed = ending is not None and ending.status == "Failed" and _is_blamed(visit, ending)
    return RunStatus.FAILED if failed or blamed else RunStatus.STOPPED


def _is_blamed(visit: Visit, ending: Ending) -> bool:
    return any(each is visit for each in ending.blamed)


def _finished(visit: Visit, ending: Ending | None) -> datetime | None:
    ended = (each.finished for each in visit.outer if each.finished)
    return next(ended, ending.time if ending else None)


def _reason(visit: Visit, status: RunStatus, ending: Ending | None) -> str:
    if status is RunStatus.RUNNING and visit.error:
        return f"To be tried again: {reason(*visit.error)}"
    if status is RunStatus.FAILED:
        own = reason(*visit.error) if visit.error else ""
        said = reason(*ending.error) if ending and _is_blamed(visit, ending) else ""
        return own or said
    if status is RunStatus.STOPPED and ending and ending.status == "TimedOut":
        return "The run took longer than it may."
    model = _answer(visit.result).get("ModelArtifacts") or {}
    return f"The model is in {model['S3ModelArtifacts']}." if model else ""


def _kind(visit: Visit) -> str:
    """Of a task, what it calls."""
    if not visit.called:
        return visit.type
    service = str(visit.called.get("resourceType", "lambda"))
    operation = str(visit.called.get("resource", "")).partition(".")[0]
    if service == "lambda":
        return "Lambda"
    return KINDS.get(operation) or f"{service} {operation}"


def _cloud_id(visit: Visit, place: Place) -> str:
    if _kind(visit) == "Lambda":
        named = _answer(visit.called.get("parameters", "")).get("FunctionName")
        name = str(named or visit.called.get("resource", ""))
        return name if ":function:" in name else place.arn("lambda", f"function:{name}")
    answer = {**_answer(visit.result), **_answer(visit.submitted)}
    return next((str(answer[key]) for key in ARNS if key in answer), "")


def _answer(text: str) -> dict[str, Any]:
    """Empty where there is none, or Step Functions has cut it off."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def lines(events: Iterable[Event]) -> Iterator[tuple[datetime, str]]:
    """The history to be read: "7 TaskSubmitted sagemaker createTrainingJob.sync"."""
    for event in events:
        said = details(event)
        words = [str(said[key]) for key in ("name", "resourceType", "resource") if said.get(key)]
        failed = reason(str(said.get("error") or ""), str(said.get("cause") or ""))
        yield (
            moment(event),
            " ".join([str(event["id"]), str(event["type"]), *words, failed]).strip(),
        )
