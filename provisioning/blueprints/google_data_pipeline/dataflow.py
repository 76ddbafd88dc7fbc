"""The Dataflow job behind a run: its stages, its messages, and stopping it.

Data Pipelines gives each job a number that it calls internal. Where Dataflow has a job of this
number, it is that one; else it is the one job with the Pipeline's label that was made at about
the same time. Where there are several, none is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import LogLine, LogPage, RunStatus, StackSpec, StepRecord

from ..google_common import orphans
from ..google_common.calls import found, pages
from ..google_common.times import stamp, utc

Found = Mapping[str, Any]

NEAR = timedelta(minutes=3)
NO_MESSAGES = (
    "Dataflow has no messages of it: nothing was said yet, or the time to keep them ended."
)
NO_STAGE_LOG = "Dataflow tells its messages of the whole job. Those that name this stage: none yet."

# Of jobs (JOB_STATE_…) and of stages (EXECUTION_STATE_…).
STATUSES = {
    "NOT_STARTED": RunStatus.QUEUED,
    "QUEUED": RunStatus.QUEUED,
    "PENDING": RunStatus.QUEUED,
    "STOPPED": RunStatus.QUEUED,  # made, not started
    "RUNNING": RunStatus.RUNNING,
    "CANCELLING": RunStatus.RUNNING,
    "DRAINING": RunStatus.RUNNING,
    "RESOURCE_CLEANING_UP": RunStatus.RUNNING,
    "PAUSING": RunStatus.RUNNING,
    "PAUSED": RunStatus.RUNNING,
    "DONE": RunStatus.SUCCEEDED,
    "SUCCEEDED": RunStatus.SUCCEEDED,
    "UPDATED": RunStatus.SUCCEEDED,
    "DRAINED": RunStatus.STOPPED,
    "CANCELLED": RunStatus.STOPPED,
    "FAILED": RunStatus.FAILED,
}


def status(state: str) -> RunStatus:
    word = state.removeprefix("JOB_STATE_").removeprefix("EXECUTION_STATE_")
    return STATUSES.get(word, RunStatus.RUNNING)


class Dataflow:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._jobs = session.client("dataflow").projects().locations().jobs()
        self._spec = spec
        self._where = {"projectId": spec.account, "location": spec.region}

    def job(self, run: Found) -> dict[str, Any] | None:
        """`run` is the job as Data Pipelines has it."""
        number = str(run.get("id") or run["name"].rpartition("/")[2])
        own = found(self._get(number), "read the Dataflow job")
        return own or self._near(run)

    def steps(self, job: Found) -> tuple[StepRecord, ...]:
        """The stages, in the order they started; those that did not come last."""
        stages = job.get("pipelineDescription", {}).get("executionPipelineStage", ())
        times = {each["stageId"]: each for each in self._stages(str(job["id"]))}
        told = {each["executionStageName"]: each for each in job.get("stageStates", ())}
        titles = _titles(stages)
        name = f"projects/{self._spec.account}/locations/{self._spec.region}/jobs/{job['id']}"
        records = [
            _step(each, titles, times, told).model_copy(update={"cloud_id": name})
            for each in stages
        ]
        return tuple(sorted(records, key=lambda step: (step.started is None, step.started or 0)))

    def log(self, job: Found, step: str, cursor: str | None) -> LogPage:
        wanted = _words(job, step) if step else ()
        with cloud_errors("read the job's messages"):
            answer = self._messages(str(job["id"]), "JOB_MESSAGE_BASIC", cursor)
        lines = tuple(
            _line(each)
            for each in answer.get("jobMessages", ())
            if not step or any(word in each["messageText"] for word in wanted)
        )
        token = answer.get("nextPageToken") or None
        note = "" if lines or cursor or token else (NO_STAGE_LOG if step else NO_MESSAGES)
        return LogPage(lines=lines, cursor=token, note=note)

    def why(self, job: Found) -> str:
        """The first error that it told of."""
        with cloud_errors("read the job's errors"):
            answer = self._messages(str(job["id"]), "JOB_MESSAGE_ERROR", None)
        messages = answer.get("jobMessages", ())
        return str(messages[0]["messageText"]) if messages else ""

    def cancel(self, job: Found) -> None:
        wanted = {"requestedState": "JOB_STATE_CANCELLED"}
        with cloud_errors("stop the run"):
            self._jobs.update(**self._where, jobId=job["id"], body=wanted).execute()

    def _get(self, number: str) -> Any:
        return self._jobs.get(**self._where, jobId=number, view="JOB_VIEW_DESCRIPTION")

    def _near(self, run: Found) -> dict[str, Any] | None:
        made = utc(str(run["createTime"]))
        around = {
            "createTimeRange_startTime": stamp(made - NEAR),
            "createTimeRange_endTime": stamp(made + NEAR),
        }
        listed = pages(
            self._jobs, "jobs", "list the Dataflow jobs", **self._where, filter="ALL", **around
        )
        near = [each for each in listed if self._is_of(each)]
        if len(near) != 1:
            return None
        return found(self._get(near[0]["id"]), "read the Dataflow job")

    def _is_of(self, job: Found) -> bool:
        return orphans.ours(self._spec, job.get("labels"))

    def _stages(self, number: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            call = self._jobs.getExecutionDetails(**self._where, jobId=number, **token)
            answer = found(call, "read the job's stages") or {}
            yield from answer.get("stages", ())
            if not answer.get("nextPageToken"):
                return
            token = {"pageToken": answer["nextPageToken"]}

    def _messages(self, number: str, least: str, cursor: str | None) -> dict[str, Any]:
        more = {"pageToken": cursor} if cursor else {}
        call = self._jobs.messages().list(
            **self._where, jobId=number, minimumImportance=least, **more
        )
        answer: dict[str, Any] = call.execute()
        return answer


def _titles(stages: Any) -> dict[str, str]:
    """By a stage's number and by Dataflow's name of it: what people named its transforms."""
    titles: dict[str, str] = {}
    for stage in stages:
        name, number = str(stage.get("name", "")), str(stage.get("id", ""))
        tops = [
            each.get("userName", "").split("/")[0] for each in stage.get("componentTransform", ())
        ]
        title = " + ".join(dict.fromkeys(filter(None, tops))) or name or number
        if title in titles.values():
            title = f"{title} ({name or number})"
        titles |= {key: title for key in (name, number) if key}
    return titles


def _step(stage: Found, titles: Found, times: Found, told: Found) -> StepRecord:
    keys = [str(stage.get(key, "")) for key in ("id", "name")]
    time: Found = next((times[key] for key in keys if key in times), {})
    state: Found = next((told[key] for key in keys if key in told), {})
    said = str(time.get("state") or state.get("executionStageState") or "JOB_STATE_PENDING")
    ended = status(said).final
    # Of a stage that runs, Google gives the end that it expects.
    finished = time.get("endTime") or state.get("currentStateTime")
    return StepRecord(
        name=titles[next(key for key in keys if key)],
        kind=str(stage.get("kind", "")).removesuffix("_KIND").replace("_", " ").capitalize(),
        status=status(said),
        cloud_status=said,
        started=utc(time.get("startTime")),
        finished=utc(finished) if ended else None,
        after=tuple(titles[each] for each in stage.get("prerequisiteStage", ()) if each in titles),
    )


def _words(job: Found, step: str) -> tuple[str, ...]:
    """By which messages name a stage: its name, its transforms."""
    stages = job.get("pipelineDescription", {}).get("executionPipelineStage", ())
    titles = _titles(stages)
    for stage in stages:
        if titles.get(stage.get("name") or stage.get("id")) == step:
            transforms = (each.get("userName", "") for each in stage.get("componentTransform", ()))
            return tuple(filter(None, (stage.get("name", ""), *transforms)))
    return (step,)


def _line(message: Found) -> LogLine:
    level = str(message.get("messageImportance", "")).removeprefix("JOB_MESSAGE_")
    text = message["messageText"]
    said = f"{level}: {text}" if level in ("WARNING", "ERROR") else text
    return LogLine(time=utc(str(message["time"])), text=said)
