"""Jobs that run: from state to state and stage to stage, at planned times."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from provisioning.sandbox.google.chance import chance
from provisioning.sandbox.google.dataflow.records import Job, Launch, Message, Moment, State
from provisioning.sandbox.google.dataflow.templates import Templates, stages_of
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.logs.store import Logs
from provisioning.sandbox.google.projects import default_account
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

_PACIFIC = ZoneInfo("America/Los_Angeles")
_SECONDS = (7.0, 11.0)  # of sandbox time that a batch job runs
_QUEUED, _PENDING, _CANCELLING = 0.7, 1.5, 1.5
_SEVERITY = {"JOB_MESSAGE_ERROR": "ERROR", "JOB_MESSAGE_WARNING": "WARNING"}


class Jobs:
    def __init__(
        self, world: World, identity: Identity, *, templates: Templates, logs: Logs
    ) -> None:
        self.table = Table(world.store, kind="google dataflow job", record=Job)
        self._world = world
        self._templates = templates
        self._logs = logs
        self._access = identity.access
        self._accounts = identity.accounts
        world.simulation.handle("google dataflow job", self._go_on)
        for job in self.table:
            self._announce(job)

    def launch(self, wish: Launch) -> Job:
        """Raises RestError where the template cannot be launched like this."""
        self._templates.require(wish)
        if any(self._active(job, wish) for job in self.table):
            message = (
                f"There is already an active job named {wish.name}. If you want to submit a "
                "second job, try again by setting a different name."
            )
            raise refusal("ALREADY_EXISTS", message)
        now = self._world.clock.now()
        id = job_id(now, len(self.table), wish.name)
        stages = stages_of(wish)
        job = Job(id=id, launch=wish, created=now, stages=stages, plan=_plan(wish, stages, now))
        self._say(job, now, "JOB_MESSAGE_BASIC", "Worker configuration: n1-standard-1 in "
                  f"{wish.location}-b.")  # fmt: skip
        self.table.put(job)
        self._announce(job)
        return job

    def require(self, wish: Launch) -> None:
        """The template can be launched like this."""
        self._templates.require(wish)

    def find(self, project: str, id: str, location: str = "") -> Job:
        job = self.table.get(id)
        if job is None or job.launch.project != project or location not in (
            "", job.launch.location
        ):  # fmt: skip
            raise refusal("NOT_FOUND", f"({id}): Information about job {id} could not be found in "
                          "our system. Please double check the id and the location.")  # fmt: skip
        return job

    def end(self, job: Job, requested: str) -> None:
        """Cancel it, or let it finish what it has begun to read."""
        draining = requested == "JOB_STATE_DRAINED"
        if job.final or job.state in ("JOB_STATE_CANCELLING", "JOB_STATE_DRAINING"):
            message = f"Cannot {'drain' if draining else 'cancel'} the job in state {job.state}."
            raise refusal("FAILED_PRECONDITION", message)
        if draining and not job.launch.streaming:
            raise refusal("FAILED_PRECONDITION", "Only streaming jobs can be drained.")
        now = self._world.clock.now()
        ending: State = "JOB_STATE_DRAINING" if draining else "JOB_STATE_CANCELLING"
        ended: State = "JOB_STATE_DRAINED" if draining else "JOB_STATE_CANCELLED"
        job.plan = [
            *job.past,
            Moment(time=now, state=ending),
            Moment(time=now + _CANCELLING, state=ended),
        ]
        self._go_on(job.key, now)

    def _active(self, job: Job, wish: Launch) -> bool:
        same = (job.launch.project, job.launch.name) == (wish.project, wish.name)
        return same and not job.final

    def _go_on(self, key: str, time: float) -> None:
        job = self.table.get(key)
        if job is None or job.next_time != time:
            return
        job.position += 1
        if reason := self._failure(job):
            self._fail(job, reason, time)
        self._tell(job, time)
        self.table.put(job)
        self._announce(job)

    def _failure(self, job: Job) -> str:
        """Why it fails now: at the first run of a stage, or as it begins to run."""
        launch, moment = job.launch, job.moment
        if moment.state != "JOB_STATE_RUNNING":
            return ""
        if not moment.stage:
            return self._cannot_begin(launch)
        if moment.done:
            return ""
        names = (moment.stage, launch.name, job.id, launch.pipeline.rpartition("/")[2])
        fault = self._world.faults.take("fail_step", "google", *(name for name in names if name))
        if fault:
            return fault.message or f"{moment.stage} failed on request."
        if moment.stage == job.stages[0]:
            return self._templates.missing_input(launch) or self._templates.unreadable(
                launch, launch.worker or default_account(launch.project)
            )
        return ""

    def _cannot_begin(self, launch: Launch) -> str:
        worker = launch.worker
        if not worker:
            return ""
        resource = f"projects/{launch.project}"
        if not self._accounts.usable(worker):
            return f"The worker service account {worker} does not exist or is disabled."
        if not self._access.allows(worker, "dataflow.workItems.lease", resource):
            return (
                "Permissions verification for controller service account failed. All permissions "
                "in IAM role roles/dataflow.worker should be granted to controller service "
                f"account {worker}."
            )
        return ""

    def _fail(self, job: Job, reason: str, time: float) -> None:
        job.failure = f"Workflow failed. Causes: {reason}"
        stage = job.moment.stage
        failed = Moment(time=time, state="JOB_STATE_FAILED", stage=stage)
        job.plan = [*job.past, failed]
        job.position += 1

    def _tell(self, job: Job, time: float) -> None:
        moment = job.moment
        if job.state == "JOB_STATE_FAILED":
            self._say(job, time, "JOB_MESSAGE_ERROR", job.failure)
        elif moment.stage:
            verb = "Finished" if moment.done else "Executing"
            self._say(job, time, "JOB_MESSAGE_BASIC", f"{verb} operation {moment.stage}")
        elif job.state == "JOB_STATE_RUNNING":
            self._say(job, time, "JOB_MESSAGE_BASIC", "Starting 1 workers in "
                      f"{job.launch.location}-b...")  # fmt: skip
        elif job.state == "JOB_STATE_DONE":
            self._say(job, time, "JOB_MESSAGE_BASIC", "Worker pool stopped.")
        elif job.state in ("JOB_STATE_CANCELLING", "JOB_STATE_DRAINING"):
            self._say(job, time, "JOB_MESSAGE_BASIC", "Cancel request is committed for workflow "
                      f"job: {job.id}.")  # fmt: skip

    def _say(self, job: Job, time: float, importance: str, text: str) -> None:
        """Among the job's messages, and in its log."""
        job.messages.append(Message(time=time, importance=importance, text=text))
        launch = job.launch
        labels = {
            "project_id": launch.project,
            "region": launch.location,
            "job_id": job.id,
            "job_name": launch.name,
            "step_id": job.moment.stage,
        }
        self._logs.write(
            launch.project,
            "dataflow.googleapis.com/job-message",
            resource={"type": "dataflow_step", "labels": labels},
            severity=_SEVERITY.get(importance, "INFO"),
            time=time,
            textPayload=text,
            labels={"dataflow.googleapis.com/job_id": job.id,
                    "dataflow.googleapis.com/job_name": launch.name},
        )  # fmt: skip

    def _announce(self, job: Job) -> None:
        if job.next_time is not None:
            self._world.simulation.announce(
                at=job.next_time, kind="google dataflow job", key=job.key
            )


def _plan(launch: Launch, stages: list[str], now: float) -> list[Moment]:
    states: list[Moment] = []
    if launch.flexible:  # a launcher starts first, and makes the job of the template
        states.append(Moment(time=now, state="JOB_STATE_QUEUED"))
        now += _QUEUED
    states.append(Moment(time=now, state="JOB_STATE_PENDING"))
    now += _PENDING
    states.append(Moment(time=now, state="JOB_STATE_RUNNING"))
    length = chance("length", launch.name).uniform(*_SECONDS)
    if launch.streaming:
        first = now + length / (len(stages) + 1)
        begun = [Moment(time=first, state="JOB_STATE_RUNNING", stage=stage) for stage in stages]
        return [*states, *_apart(begun)]
    pause = length / (len(stages) + 1)
    for number, stage in enumerate(stages):
        start = now + pause * (number + 0.5)
        states.append(Moment(time=start, state="JOB_STATE_RUNNING", stage=stage))
        states.append(Moment(time=start + pause, state="JOB_STATE_RUNNING", stage=stage, done=True))
    states.append(Moment(time=now + length, state="JOB_STATE_DONE"))
    return _apart(states)


def _apart(moments: list[Moment]) -> list[Moment]:
    """Each at a time of its own, because its time is how the clock calls it."""
    latest = 0.0
    for moment in moments:
        moment.time = max(moment.time, latest + 0.001)
        latest = moment.time
    return moments


def job_id(now: float, number: int, name: str) -> str:
    """As Dataflow makes them: the time in California, and nineteen digits."""
    local = datetime.fromtimestamp(now, _PACIFIC)
    digits = chance("id", name, str(now), str(number)).randrange(10**18, 10**19)
    return f"{local:%Y-%m-%d_%H_%M_%S}-{digits}"
