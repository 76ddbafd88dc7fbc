"""Two hundred objects at once, and a sandbox that is killed among them: a run for each, and
never two."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from provisioning.contracts import EngineCommand, Operation, TriggerState
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.pipelines import landing
from tests.provisioning.blueprints.retrained import retrained
from tests.provisioning.blueprints.retrained_stack import Retraining, succeeded
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

KEYS = [f"data/{number:03}.csv" for number in range(200)]
KILL_AFTER = 60


def deployed(folder: Path, engine: EngineCommand, sandbox: SandboxProcess) -> DeployedStack:
    wanted = retrained(slug="burst", triggers=(landing("t1"),))
    own = DeployedStack(folder, engine, sandbox.access(), wanted)
    up = own.run(Operation.UP)
    assert up.status == "succeeded", up.error
    return own


def test_a_burst_of_objects_is_a_run_for_each(
    engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    own = deployed(tmp_path, engine, sandbox)
    pipeline = Retraining(sandbox, own.spec)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(pipeline.put, KEYS))
    pipeline.advance()
    runs = pipeline.runs()
    assert Counter(run.cause for run in runs) == dict.fromkeys(KEYS, 1)
    assert {run.trigger for run in runs} == {"t1"}
    assert succeeded(runs)
    jobs = pipeline.session.client("sagemaker").get_paginator("list_training_jobs")
    made = [
        job["TrainingJobName"]
        for page in jobs.paginate(NameContains="skyclock-burst-")
        for job in page["TrainingJobSummaries"]
    ]
    assert sorted(made) == sorted(run.cloud_id.rpartition("/")[2] for run in runs)
    assert own.run(Operation.DESTROY).status == "succeeded"


def test_a_kill_in_the_middle_of_a_burst_loses_and_doubles_nothing(
    engine: EngineCommand, tmp_path: Path
) -> None:
    sandbox = SandboxProcess(data=tmp_path / "sandbox")
    try:
        own = deployed(tmp_path, engine, sandbox.start())
        pipeline = Retraining(sandbox, own.spec)
        taken = burst_into_a_kill(pipeline)
        sandbox.start()
        pipeline = Retraining(sandbox, own.spec)
        kept = objects(pipeline)
        assert taken <= kept, "what S3 took before the kill is there"
        assert len(kept) < len(KEYS), "the kill came in the middle"
        for key in sorted(set(KEYS) - kept):
            pipeline.put(key)
        pipeline.advance()
        runs = pipeline.runs()
        assert Counter(run.cause for run in runs) == dict.fromkeys(KEYS, 1)
        assert succeeded(runs)
        assert pipeline.proofs()["t1"].state is TriggerState.ACTIVE
        again = own.run(Operation.UP)
        assert again.changes.same == sum(again.changes.model_dump().values()), again.changes
    finally:
        sandbox.end()


def burst_into_a_kill(pipeline: Retraining) -> set[str]:
    """What S3 said yes to before the sandbox was killed."""
    taken: set[str] = set()
    enough = threading.Event()

    def put(key: str) -> None:
        try:
            pipeline.put(key)
        except (BotoCoreError, ClientError):
            return
        taken.add(key)
        if len(taken) >= KILL_AFTER:
            enough.set()

    with ThreadPoolExecutor(4) as pool:
        all_put = pool.map(put, KEYS)
        assert enough.wait(60)
        pipeline.sandbox.end(signal.SIGKILL)
        list(all_put)
    return taken


def objects(pipeline: Retraining) -> set[str]:
    found = pipeline.session.client("s3").get_paginator("list_objects_v2")
    pages = found.paginate(Bucket=pipeline.bucket, Prefix="data/")
    return {each["Key"] for page in pages for each in page.get("Contents", ())}
