"""A deployed state machine, as a person with Skyclock sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from provisioning.blueprints.aws_stepfunctions_training.blueprint import BLUEPRINT
from provisioning.contracts import (
    RunRecord,
    StepRecord,
    TriggerProof,
)
from tests.provisioning.blueprints.deployed_on_aws import DeployedOnAws


@dataclass
class Steered(DeployedOnAws):
    """Read, started and stopped by the Blueprint; the clock goes on when the test says so."""

    blueprint = BLUEPRINT

    def proofs(self) -> tuple[TriggerProof, ...]:
        return BLUEPRINT.trigger_states(self.session, self.spec)

    def start(self, token: str, **parameters: str) -> str:
        return self.controls.start(parameters, token=token)

    def advance(self, until: datetime) -> None:
        seconds = int((until - self.session.now()).total_seconds()) + 1
        self.sandbox.control("/clock", {"advance": f"PT{seconds}S"})

    def ended(self, cloud_id: str, *, within: timedelta = timedelta(minutes=5)) -> RunRecord:
        """The run, when the clock has gone on until its end."""
        self.advance(self.session.now() + within)
        found = self.reader.run(cloud_id)
        assert found.status.final, found
        return found

    def fail_jobs(self, match: str, message: str, *, count: int = 1) -> None:
        fault: dict[str, Any] = {
            "kind": "fail_step", "cloud": "aws", "match": match, "message": message,
            "count": count,
        }  # fmt: skip
        self.sandbox.control("/faults", fault)

    def job(self, step: StepRecord) -> dict[str, Any]:
        """As SageMaker describes what stands behind a step."""
        name = step.cloud_id.rpartition("/")[2]
        found: dict[str, Any] = self.session.client("sagemaker").describe_training_job(
            TrainingJobName=name
        )
        return found


def source(job: dict[str, Any]) -> str:
    found: str = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    return found
