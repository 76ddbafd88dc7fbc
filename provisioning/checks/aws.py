"""AWS: lists are read, runs are read, and of the rest IAM is asked what it would allow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.troubles import statement
from provisioning.checks.answers import Who, counted, failed, listed, passed, unknown
from provisioning.checks.aws_simulation import Simulation, Unanswered, Verdicts
from provisioning.clouds import cloud_errors
from provisioning.clouds.policies import Needed
from provisioning.clouds.policies.aws import SIMULATE, statements
from provisioning.clouds.session import Session
from provisioning.contracts import Access, Check, Level
from provisioning.errors import CloudError, NotFound, PermissionDenied

NOBODY = "skyclock-check"  # the name of nothing
# What AWS says in a region that the account has not switched on.
CLOSED = frozenset({"OptInRequired", "UnrecognizedClientException", "InvalidClientTokenId"})


@dataclass(frozen=True)
class Listed:
    service: str
    call: str
    key: str
    what: str
    action: str


LISTS = (
    Listed("sagemaker", "list_pipelines", "PipelineSummaries", "SageMaker pipeline",
           "sagemaker:ListPipelines"),
    Listed("stepfunctions", "list_state_machines", "stateMachines", "state machine",
           "states:ListStateMachines"),
    Listed("sagemaker", "list_training_jobs", "TrainingJobSummaries", "training job",
           "sagemaker:ListTrainingJobs"),
    Listed("scheduler", "list_schedules", "Schedules", "schedule", "scheduler:ListSchedules"),
    Listed("events", "list_event_buses", "EventBuses", "event bus", "events:ListEventBuses"),
    Listed("events", "list_rules", "Rules", "rule", "events:ListRules"),
)  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """A call that reads, of something that may not exist: only a refusal is an answer."""

    action: str
    service: str
    call: str
    asked: dict[str, Any]


def examiner(access: Access, session: Session) -> AwsExaminer:
    return AwsExaminer(session)


class AwsExaminer:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._place = Place(session.region, session.account)
        self._who = Who(account="", name="")
        self._first: dict[str, Any] = {}  # of each list, as it was listed

    def whoami(self) -> Who:
        with cloud_errors("see whose credential this is"):
            caller = self._session.client("sts").get_caller_identity()
        self._who = Who(account=str(caller["Account"]), name=str(caller["Arn"]))
        self._place = Place(self._session.region, self._who.account)
        return self._who

    def region(self) -> Check:
        region = self._session.region
        try:
            with cloud_errors(f"reach {region}"):
                self._session.client("sagemaker").list_pipelines(MaxResults=1)
        except PermissionDenied as error:
            if error.code in CLOSED:
                message = f"AWS does not let this account into {region}. Switch the region on in"
                return failed("region", f"{message} the console, under Account, AWS Regions.")
        return passed("region", f"SageMaker answers in {region}.")

    def listing(self) -> Check:
        counts, missing = [], []
        for each in LISTS:
            try:
                found, more = self._listed(each)
            except PermissionDenied:
                missing.append(each.action)
            else:
                counts.append(counted(len(found), each.what, more=more))
                self._first |= {each.call: found[0]} if found else {}
        if missing:
            return self._lacking("list", missing)
        return passed("list", f"Sees {listed(counts[:2])}; {', '.join(counts[2:])}.")

    def read_runs(self, needed: Sequence[str]) -> Check:
        missing = [each.action for each in self._trials() if self._is_refused(each)]
        try:
            verdicts = self._simulated(needed, reading=True)
        except Unanswered as reason:
            if missing:
                return self._lacking("read_runs", missing)
            said = "Runs can be read. What else is read could not be asked for in advance"
            return passed("read_runs", f"{said}: {reason}")
        if missing or verdicts.missing:
            return self._lacking("read_runs", [*missing, *verdicts.missing], verdicts)
        return passed("read_runs", f"Runs can be read; IAM allows all {len(needed)} actions.")

    def start(self, needed: Sequence[str]) -> Check:
        return self._allowed("start", needed, "Runs can be started, stopped and paused")

    def deploy(self, needed: Sequence[str]) -> Check:
        return self._allowed("deploy", needed, "Pipelines can be deployed, roles included")

    def _allowed(self, name: str, needed: Sequence[str], good: str) -> Check:
        try:
            verdicts = self._simulated(needed)
        except Unanswered as reason:
            add = statement(SIMULATE, reason.source) if reason.source else ""
            return unknown(name, str(reason), add=add)
        if verdicts.missing:
            return self._lacking(name, verdicts.missing, verdicts)
        return passed(name, f"{good}: IAM allows all {len(needed)} actions.")

    def _simulated(self, needed: Sequence[str], *, reading: bool = False) -> Verdicts:
        simulation = Simulation(self._session, self._who.account, self._who.name)
        return simulation.of(needed, reading=reading)

    def _lacking(
        self, name: str, missing: Iterable[str], verdicts: Verdicts | None = None
    ) -> Check:
        found = list(dict.fromkeys(missing))
        message = f"{self._who.name} lacks {listed(found)}."
        refused = [each for each in found if verdicts and each in verdicts.forbidden]
        if refused:
            message += (
                f" A policy denies {listed(refused)} explicitly, or the organization does: an "
                "allowance does not help against it."
            )
        granted = [each for each in found if each not in refused]
        if granted:
            message += " Add this to its policy in IAM."
        reading = name in ("list", "read_runs")
        return failed(name, message, missing=found, add=self._statements(granted, reading))

    def _statements(self, actions: Sequence[str], reading: bool) -> str:
        """One for each kind of resource, as they stand in a policy."""
        needed = Needed(
            level=Level.DEPLOY,
            permissions=tuple(actions),
            reading=tuple(actions) if reading else (),
            account=self._who.account,
            region=self._session.region,
        )
        return ",\n".join(_without_name(each) for each in statements(needed))

    def _listed(self, each: Listed) -> tuple[Sequence[Any], bool]:
        with cloud_errors(f"list every {each.what}"):
            answer = getattr(self._session.client(each.service), each.call)()
        return answer.get(each.key, []), bool(answer.get("NextToken") or answer.get("nextToken"))

    def _trials(self) -> Iterator[Tried]:
        pipeline = self._first.get("list_pipelines", {}).get("PipelineName", NOBODY)
        job = self._first.get("list_training_jobs", {}).get("TrainingJobName", NOBODY)
        machine = self._first.get("list_state_machines", {}).get("stateMachineArn")
        machine = machine or self._place.arn("states", f"stateMachine:{NOBODY}")
        named = {"PipelineName": pipeline}
        yield Tried("sagemaker:DescribePipeline", "sagemaker", "describe_pipeline", named)
        yield Tried(
            "sagemaker:ListPipelineExecutions", "sagemaker", "list_pipeline_executions", named
        )
        yield Tried(
            "sagemaker:DescribeTrainingJob", "sagemaker", "describe_training_job",
            {"TrainingJobName": job},
        )  # fmt: skip
        yield Tried(
            "states:ListExecutions", "stepfunctions", "list_executions",
            {"stateMachineArn": machine},
        )  # fmt: skip

    def _is_refused(self, each: Tried) -> bool:
        try:
            with cloud_errors("read runs"):
                getattr(self._session.client(each.service), each.call)(**each.asked)
        except PermissionDenied:
            return True
        except NotFound:
            return False  # it may be asked for what there is not
        except CloudError as error:
            if not error.permanent:
                raise
        return False


def _without_name(made: dict[str, Any]) -> str:
    """A Sid may be there once in a policy, and the policy that it is added to has its own."""
    return json.dumps({name: value for name, value in made.items() if name != "Sid"}, indent=2)
