"""A retraining on the sandbox, as a person with Skyclock sees it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from provisioning.blueprints.aws_s3_retraining import names
from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.contracts import RunRecord, RunStatus, TriggerProof
from tests.provisioning.blueprints.deployed_on_aws import DeployedOnAws

ROWS = b"1,0.5,0.25\n0,0.1,0.75\n"


@dataclass
class Retraining(DeployedOnAws):
    blueprint = BLUEPRINT

    @property
    def bucket(self) -> str:
        return names.data_bucket(self.spec.slug, self.spec.account)

    def put(self, key: str, body: bytes = ROWS) -> None:
        self.session.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def advance(self, time: str = "PT10M") -> None:
        """The clock waits for functions that run; ten minutes are more than a job takes."""
        self.sandbox.control("/clock", {"advance": time})

    def runs(self, since: Any = None) -> list[RunRecord]:
        """As a person reads them: every page, each run in full."""
        page = self.reader.runs(since=since)
        found = [*page.runs]
        while page.cursor:
            page = self.reader.runs(since=since, cursor=page.cursor)
            found += page.runs
        return [self.reader.run(each.cloud_id) for each in found]

    def causes(self) -> Counter[str]:
        return Counter(run.cause for run in self.runs())

    def ended(self, cloud_id: str) -> RunRecord:
        self.advance()
        found = self.reader.run(cloud_id)
        assert found.status.final, found
        return found

    def proofs(self) -> dict[str, TriggerProof]:
        return {each.key: each for each in BLUEPRINT.trigger_states(self.session, self.spec)}

    def journal(self, key: str) -> list[dict[str, Any]]:
        """What became of this bucket's objects with that key; the sandbox has others."""
        entries: list[dict[str, Any]] = self.sandbox.control("/journal")["entries"]
        return [each for each in entries if f"{self.bucket}/{key}" in each["source"]]


def succeeded(runs: list[RunRecord]) -> bool:
    return {run.status for run in runs} == {RunStatus.SUCCEEDED}
