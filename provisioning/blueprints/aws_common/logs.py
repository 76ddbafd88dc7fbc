"""Logs in CloudWatch, a page at a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import LogLine, LogPage
from provisioning.errors import NotFound

PAGE = 1000
LOOKS = 20  # CloudWatch may answer with nothing but a token while it searches

# What an ARN calls a job → where SageMaker keeps its log.
JOB_GROUPS = {
    "training-job": "/aws/sagemaker/TrainingJobs",
    "processing-job": "/aws/sagemaker/ProcessingJobs",
    "transform-job": "/aws/sagemaker/TransformJobs",
}
OF_A_PIPELINE = re.compile(r"pipelines-[a-z0-9]+-")
NO_LINES = "CloudWatch has no lines of it: nothing was written yet, or the time to keep them ended."


def job_log(session: Session, job_arn: str, *, cursor: str | None = None) -> LogPage:
    """Of a job of SageMaker, from all its instances, in order of time."""
    kind, _, name = job_arn.rpartition(":")[2].partition("/")
    if kind not in JOB_GROUPS:
        return LogPage(note="What stands behind this step writes no log.")
    group = JOB_GROUPS[kind]
    return log(session, group, prefix=f"{_as_named(session, group, name)}/", cursor=cursor)


def _as_named(session: Session, group: str, name: str) -> str:
    """The job's name as its streams have it: an ARN has it in small letters, and the jobs of a
    pipeline are named after its steps."""
    found = OF_A_PIPELINE.match(name)
    if not found:
        return name
    asked = {"logGroupName": group, "logStreamNamePrefix": found[0]}
    try:
        with cloud_errors("find the log"):
            pages = session.client("logs").get_paginator("describe_log_streams").paginate(**asked)
            streams = [each["logStreamName"] for page in pages for each in page["logStreams"]]
    except NotFound:  # nothing of this kind has run in the account yet
        return name
    owners = (str(each).partition("/")[0] for each in streams)
    return next((each for each in owners if each.lower() == name), name)


def log(
    session: Session,
    group: str,
    *,
    prefix: str = "",
    pattern: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
) -> LogPage:
    """Lines of the group's streams that begin with `prefix`, of those only what `pattern` (of
    CloudWatch's own language) finds."""
    asked: dict[str, Any] = {"logGroupName": group, "limit": PAGE}
    asked |= {"logStreamNamePrefix": prefix} if prefix else {}
    asked |= {"filterPattern": pattern} if pattern else {}
    asked |= {"startTime": _millis(since)} if since else {}
    asked |= {"endTime": _millis(until)} if until else {}
    try:
        with cloud_errors("read the log"):
            found, token = _page(session.client("logs"), asked, cursor)
    except NotFound:
        return LogPage(note=NO_LINES)
    lines = tuple(_line(each) for each in found)
    note = "" if lines or cursor or token else NO_LINES
    return LogPage(lines=lines, cursor=token, note=note)


def _page(
    client: Any, asked: dict[str, Any], token: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    for _ in range(LOOKS):
        more = {"nextToken": token} if token else {}
        answer = client.filter_log_events(**asked, **more)
        found, token = answer.get("events", []), answer.get("nextToken")
        if found or not token:
            break
    return found, token


def _line(found: dict[str, Any]) -> LogLine:
    time = datetime.fromtimestamp(found["timestamp"] / 1000, UTC)
    return LogLine(time=time, text=found["message"].rstrip("\n"))


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
