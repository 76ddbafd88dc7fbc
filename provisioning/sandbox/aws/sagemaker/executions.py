"""Executions: which step starts when, and how the whole ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.definition import StepSpec
from provisioning.sandbox.aws.sagemaker.definitions import Definitions
from provisioning.sandbox.aws.sagemaker.jobs import SESSION_NAME
from provisioning.sandbox.aws.sagemaker.records import Execution, Job, StepState
from provisioning.sandbox.aws.sagemaker.steps import StepFailed, StepRun, Steps
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

# Between an event and the steps that it lets start.
_PAUSE = 0.3
Statuses = Mapping[str, str]
_STEP_OF_JOB = {"Completed": "Succeeded", "Failed": "Failed", "Stopped": "Stopped"}


class Executions:
    def __init__(self, world: World, *, steps: Steps, definitions: Definitions) -> None:
        self._clock = world.clock
        self._simulation = world.simulation
        self._faults = world.faults
        self._steps = steps
        self._definitions = definitions
        self.table = Table(world.store, kind="execution", record=Execution)
        self._simulation.handle("execution", self._due)
        self._of_pipeline: dict[str, dict[str, Execution]] = {}
        self._by_token: dict[tuple[str, str], Execution] = {}
        self._told: dict[str, dict[str, str]] = {}  # statuses that others know of
        self.on_change: Callable[[Execution, Statuses], None] = lambda execution, before: None
        for execution in self.table:
            self._index(execution)
            self._announce(execution)
            self._told[execution.key] = statuses(execution)

    def of_pipeline(self, arn: str) -> list[Execution]:
        return list(self._of_pipeline.get(arn, {}).values())

    def with_token(self, pipeline_arn: str, token: str) -> Execution | None:
        return self._by_token.get((pipeline_arn, token))

    def delete_all(self, pipeline_arn: str) -> None:
        for execution in self._of_pipeline.pop(pipeline_arn, {}).values():
            self.table.delete(execution.key)
            self._told.pop(execution.key, None)
            self._by_token.pop((pipeline_arn, execution.token or ""), None)

    def _index(self, execution: Execution) -> None:
        pipeline = execution.pipeline_arn
        self._of_pipeline.setdefault(pipeline, {})[execution.arn] = execution
        if execution.token:
            self._by_token[pipeline, execution.token] = execution

    def find(self, arn: str) -> Execution:
        execution = self.table.get(arn)
        if execution is None:
            raise AwsError("ResourceNotFound", f"Pipeline execution '{arn}' does not exist.")
        return execution

    def begin(self, execution: Execution) -> None:
        """Let an execution, new or taken up again, go on in a moment."""
        self._index(execution)
        execution.kick = self._clock.now() + _PAUSE
        self._keep(execution)

    def stop(self, execution: Execution) -> None:
        if execution.status == "Stopping":
            return
        if execution.final:
            raise validation(
                f"Pipeline execution with ARN {execution.arn} status {execution.status}. "
                'Only pipelines with "Executing" status can be stopped.'
            )
        now = self._clock.now()
        execution.status = "Stopping"
        execution.kick = now + _PAUSE
        self._keep(execution)
        for state in list(execution.steps.values()):
            if state.status == "Executing":
                self._stop_step(state, now)
        self._keep(execution)

    def retry(self, execution: Execution) -> None:
        """Take up what failed or was stopped; what succeeded stays."""
        if execution.status not in ("Failed", "Stopped"):
            raise validation(
                f"Pipeline execution with ARN {execution.arn} status {execution.status}. "
                'Only pipelines with "Failed" or "Stopped" status can be retried.'
            )
        execution.status, execution.failure = "Executing", None
        for name, state in execution.steps.items():
            if state.status in ("Failed", "Stopped"):
                # Waits to be started again; `_start` counts the attempt.
                execution.steps[name] = StepState(
                    status="Retrying", started=state.started, attempt=state.attempt
                )
        self.begin(execution)

    def job_done(self, job: Job) -> None:
        """A job that a step waits for has come to its end."""
        execution = self.table.get(job.step.execution) if job.step else None
        if not execution or not job.step:
            return
        state = execution.steps.get(job.step.step)
        if state is None or state.job != job.key:
            return
        state.status = _STEP_OF_JOB[job.status]
        state.ended = job.stage.time
        if job.failure:
            state.reason = f"ClientError: {job.failure}"
        execution.kick = job.stage.time + _PAUSE
        self._keep(execution)

    # ── Going on ────────────────────────────────────────────────────────────────────

    def _due(self, arn: str, time: float) -> None:
        execution = self.table.get(arn)
        if execution is None or execution.next_time != time:
            return
        execution.kick = None
        for spec in self._definitions.parsed(execution.definition).steps:
            state = execution.steps.get(spec.name)
            if state and state.due is not None and state.due <= time:
                self._attempt(execution, spec, state, self._finish, done="Succeeded")
        self._start_ready(execution)
        self._conclude(execution)
        self._keep(execution)

    def _start_ready(self, execution: Execution) -> None:
        most = (execution.parallelism or {}).get("MaxParallelExecutionSteps")
        for spec in self._definitions.parsed(execution.definition).steps:
            running = _count(execution, "Executing")
            if execution.status != "Executing" or _count(execution, "Failed", "Stopped"):
                return
            if (most is None or running < most) and _ready(spec, execution):
                self._start(execution, spec)

    def _start(self, execution: Execution, spec: StepSpec) -> None:
        before = execution.steps.pop(spec.name, None)
        state = StepState(started=self._clock.now(), attempt=before.attempt + 1 if before else 1)
        execution.steps[spec.name] = state
        self._attempt(execution, spec, state, self._steps.start, done="Executing")

    def _attempt(
        self,
        execution: Execution,
        spec: StepSpec,
        state: StepState,
        act: Callable[[StepRun, StepState], None],
        *,
        done: str,
    ) -> None:
        now = self._clock.now()
        run = StepRun(
            execution=execution,
            definition=self._definitions.parsed(execution.definition),
            spec=spec,
            session=Session(role_arn=execution.role, session_name=SESSION_NAME),
            now=now,
        )
        try:
            act(run, state)
            state.status = done
        except StepFailed as failure:
            state.status, state.reason, state.due = "Failed", str(failure), None
        if state.status != "Executing":
            state.ended = now
            execution.kick = now + _PAUSE

    def _finish(self, run: StepRun, state: StepState) -> None:
        """Of a step without a job; those with one fail with it."""
        if fault := self._faults.take("fail_step", "aws", run.spec.name):
            state.due = None
            raise StepFailed(fault.message or "The sandbox was told to fail this step.")
        self._steps.finish(run, state)

    def _stop_step(self, state: StepState, now: float) -> None:
        state.due = None
        if state.job:
            state.status = "Stopping"
            self._steps.stop_job(state.job)
        else:
            state.status, state.ended = "Stopped", now

    def _conclude(self, execution: Execution) -> None:
        if execution.kick is not None or _count(execution, "Executing", "Stopping"):
            return
        for state in execution.steps.values():
            if state.status == "Retrying":  # its turn did not come again
                state.status, state.ended = "Stopped", self._clock.now()
        if _count(execution, "Failed") and execution.status != "Stopping":
            execution.status = "Failed"
            execution.failure = "Step failure: One or multiple steps failed."
        elif execution.status == "Stopping" or _count(execution, "Stopped"):
            execution.status = "Stopped"
        else:
            execution.status = "Succeeded"

    def _keep(self, execution: Execution) -> None:
        execution.modified = self._clock.now()
        self.table.put(execution)
        self._announce(execution)
        before, now = self._told.get(execution.key, {}), statuses(execution)
        if now != before:
            self._told[execution.key] = now
            self.on_change(execution, before)

    def _announce(self, execution: Execution) -> None:
        if execution.next_time is not None:
            self._simulation.announce(at=execution.next_time, kind="execution", key=execution.key)


def statuses(execution: Execution) -> dict[str, str]:
    """Of the steps by their names, and of the whole by ""."""
    return {"": execution.status, **{name: each.status for name, each in execution.steps.items()}}


def _count(execution: Execution, *statuses: str) -> int:
    return sum(state.status in statuses for state in execution.steps.values())


def _ready(spec: StepSpec, execution: Execution) -> bool:
    state = execution.steps.get(spec.name)
    if state and state.status != "Retrying":
        return False
    needed = [execution.steps.get(name) for name in spec.needs]
    if not all(other and other.status == "Succeeded" for other in needed):
        return False
    if spec.branch is None:
        return True
    condition, way = spec.branch
    return execution.steps[condition].values.get("Outcome") == ("True" if way else "False")
