"""What follows from an event: a pure function, so that the same event always means the same.

    what a trigger waits for  → training.requested
    training.requested        → a training job
    a job's change of state   → training.started, .succeeded, .failed, .stopped
    training.succeeded        → a model version, and model.registered

An event that a replay delivers again carries `replay-name`. What was done for it is not done
again, unless the replay's name asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .matching import matches
from .wording import (
    FAILED,
    MODELS,
    REFUSED,
    REQUESTED,
    SOURCE,
    STARTED,
    STOPPED,
    SUCCEEDED,
    again_of,
    is_job,
    job_name,
)

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Nothing:
    reason: str


@dataclass(frozen=True)
class Say:
    """Put an event on the bus; with `unless`, only if that job does not exist."""

    type: str
    detail: dict[str, Any]
    unless: str = ""


@dataclass(frozen=True)
class Train:
    job: str
    data: str
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Register:
    job: str
    model: str


Decision = Nothing | Say | Train | Register


def decide(event: Event, config: Mapping[str, Any]) -> Decision:
    replay = str(event.get("replay-name", ""))
    kind = event.get("detail-type")
    if event.get("source") == "aws.sagemaker":
        return _told(event["detail"], config)
    if event.get("source") == SOURCE and kind == REQUESTED:
        return _again(event, config, replay) if replay else _train(event["detail"], config)
    if event.get("source") == SOURCE and kind == SUCCEEDED:
        if replay:
            return Nothing("the model of a job is registered once")
        return _register(event["detail"], config)
    return _request(event, config, replay)


# ── A trigger's event ───────────────────────────────────────────────────────────────


def _request(event: Event, config: Mapping[str, Any], replay: str) -> Decision:
    trigger = next((key for key, each in config["triggers"].items() if matches(each, event)), "")
    if not trigger:
        return Nothing("no trigger waits for this event")
    detail = event.get("detail") or {}
    if event["source"] == "aws.s3" and detail["object"]["key"].startswith(MODELS):
        return Nothing("a model that a job has written is no data")
    cause = {"id": _id(event), "source": event["source"], "type": event["detail-type"]}
    return _requested(
        config,
        cause=cause | {"text": _text(event)},
        trigger=trigger,
        data=_data(event, config),
        replay=replay,
    )


def _again(event: Event, config: Mapping[str, Any], replay: str) -> Decision:
    """Only what people asked for has no event before it that the replay delivers too."""
    detail = event["detail"]
    if detail.get("trigger"):
        return Nothing("the event that caused this request tells")
    return _requested(
        config, cause=detail["cause"], trigger="", data=detail.get("data", ""), replay=replay
    )


def _requested(
    config: Mapping[str, Any], *, cause: dict[str, str], trigger: str, data: str, replay: str
) -> Decision:
    again = again_of(replay)
    job = job_name(config["root"], cause["id"], again)
    detail = {"job": job, "data": data, "cause": cause, "trigger": trigger, "again": again}
    if not data:
        reason = f"At detail.{config['data_field']} the event names no data that S3 could have."
        return Say(REFUSED, {**detail, "code": "NoData", "reason": reason})
    return Say(REQUESTED, detail, unless=job if replay else "")


def _data(event: Event, config: Mapping[str, Any]) -> str:
    """An S3 address: the object that landed, what the event names, or what settings name for
    events that name nothing. Of a name that is none of S3 nothing: no other data are trained on."""
    detail = event.get("detail") or {}
    if event["source"] == "aws.s3":
        return f"s3://{detail['bucket']['name']}/{detail['object']['key']}"
    named = _named(detail, config["data_field"])
    if named in (None, ""):
        return str(config.get("data") or "")
    return _address(named, own_bucket=config["bucket"])


def _named(detail: Any, field: str) -> Any:
    for part in field.split("."):
        detail = detail.get(part) if isinstance(detail, Mapping) else None
    return detail


def _address(named: Any, *, own_bucket: str) -> str:
    if isinstance(named, Mapping) and {"bucket", "key"} <= set(named):
        return f"s3://{named['bucket']}/{named['key']}"
    if not isinstance(named, str):
        return ""
    if "://" in named:
        return named if named.startswith("s3://") else ""
    return f"s3://{own_bucket}/{named}"


def _id(event: Event) -> str:
    """What makes it one and the same cause. A schedule that could not put its event on the bus
    does so again, with another id: there what was due tells."""
    if event["source"] == SOURCE:
        detail = event.get("detail") or {}
        return f"{detail.get('trigger')} {detail.get('time')}"
    return str(event["id"])


def _text(event: Event) -> str:
    """What set the trigger off, for people."""
    if event["source"] == "aws.s3":
        return str(event["detail"]["object"]["key"])
    if event["source"] == SOURCE:
        return str((event.get("detail") or {}).get("time", ""))
    return f"{event['detail-type']} {event['id'][:8]}"


# ── The workflow's own events ───────────────────────────────────────────────────────


def _train(detail: Mapping[str, Any], config: Mapping[str, Any]) -> Decision:
    cause, again = detail["cause"], str(detail.get("again", ""))
    told = {
        "SKYCLOCK_EVENT": cause["id"],
        "SKYCLOCK_CAUSE": cause.get("text", "")[:512],
        "SKYCLOCK_TRIGGER": detail.get("trigger", ""),
        "SKYCLOCK_REPLAY": again,
    }
    return Train(
        job=job_name(config["root"], cause["id"], again),
        data=detail["data"],
        environment={name: value for name, value in told.items() if value},
    )


def _register(detail: Mapping[str, Any], config: Mapping[str, Any]) -> Decision:
    if not config.get("register"):
        return Nothing("models are not registered")
    if not detail.get("model"):
        return Nothing("the job has left no model")
    return Register(job=detail["job"], model=detail["model"])


# ── A job's changes of state ────────────────────────────────────────────────────────


def _told(job: Mapping[str, Any], config: Mapping[str, Any]) -> Decision:
    """SageMaker may tell one change several times; who folds the log counts it once."""
    name = str(job.get("TrainingJobName", ""))
    if not is_job(config["root"], name):
        return Nothing("the job is another pipeline's")
    detail = {"job": name, "arn": job.get("TrainingJobArn", "")}
    status = job.get("TrainingJobStatus")
    if status == "Completed":
        model = (job.get("ModelArtifacts") or {}).get("S3ModelArtifacts", "")
        return Say(SUCCEEDED, {**detail, "model": model})
    if status == "Failed":
        return Say(FAILED, {**detail, "reason": job.get("FailureReason", "")})
    if status == "Stopped":
        return Say(STOPPED, detail)
    if job.get("SecondaryStatus") == "Training":
        return Say(STARTED, detail)
    return Nothing("the job is on its way")
