"""The checks in their order, their time limits, and what is not asked after a red one."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from provisioning import checks
from provisioning.checks.running import Late, within
from provisioning.contracts import Check, Cloud, Level
from tests.provisioning.checks.asked import ALL, READING, fault, results, tried
from tests.sandbox_process import ACCOUNTS, SandboxProcess

pytestmark = pytest.mark.sandbox

every_cloud = pytest.mark.parametrize("cloud", list(Cloud))


@every_cloud
def test_an_administrator_is_who_was_typed(cloud: Cloud, sandbox: SandboxProcess) -> None:
    account = ACCOUNTS[cloud][0]
    found = tried(sandbox.access(cloud=cloud), expected_account=account)
    assert list(found) == ALL
    assert results(found)["identity"] == "pass" and account in found["identity"].message
    assert "fail" not in results(found).values()
    assert results(found)["clock"] == results(found)["region"] == "pass"


@pytest.mark.parametrize(
    ("level", "names"),
    [(Level.OBSERVE, READING), (Level.RUN, [*READING, "start"]), (Level.DEPLOY, ALL)],
)
def test_a_level_is_asked_what_it_needs(
    level: Level, names: list[str], sandbox: SandboxProcess
) -> None:
    assert list(tried(sandbox.access(), level)) == list(checks.names(level)) == names


@every_cloud
def test_another_account_than_was_typed_is_red(cloud: Cloud, sandbox: SandboxProcess) -> None:
    found = tried(sandbox.access(cloud=cloud), expected_account="another-one")
    assert found["identity"].result == "fail"
    account = ACCOUNTS[cloud][0]
    assert f"opens account {account}, not another-one" in found["identity"].message
    assert found["clock"].result == "pass"
    rest = [check for name, check in found.items() if name not in ("identity", "clock")]
    assert {check.result for check in rest} == {"unknown"}
    assert all("identity failed" in check.message for check in rest)


# ── Clouds that hang, or are away ───────────────────────────────────────────────────


@every_cloud
def test_a_cloud_that_hangs_is_grey_within_seconds(cloud: Cloud, sandbox: SandboxProcess) -> None:
    started = time.monotonic()
    with fault(sandbox, "delay", cloud.value, "*", seconds=4):
        found = tried(sandbox.access(cloud=cloud), seconds=0.8)
    assert time.monotonic() - started < 5
    assert set(results(found).values()) <= {"unknown", "pass"}
    assert found["identity"].result == "unknown"
    assert "did not answer within" in found["identity"].message
    assert found["read_runs"].message.endswith("because the check of identity did not answer.")
    time.sleep(4)  # until the sandbox has got rid of what it was asked


@every_cloud
def test_a_cloud_that_is_away_is_grey(cloud: Cloud, sandbox: SandboxProcess) -> None:
    with fault(sandbox, "away", cloud.value, "*"):
        found = tried(sandbox.access(cloud=cloud))
    assert found["identity"].result == "unknown"
    assert list(found) == ALL


def test_one_list_that_hangs_greys_itself_only(sandbox: SandboxProcess) -> None:
    tried(sandbox.access())  # what is slow only once
    with fault(sandbox, "delay", "aws", "ListStateMachines", seconds=6):
        found = tried(sandbox.access(), seconds=3.0)
    assert found["list"].result == "unknown" and "within 3 seconds" in found["list"].message
    assert found["identity"].result == found["region"].result == "pass"


def test_a_question_that_hangs_holds_up_nobody() -> None:
    started = time.monotonic()
    with pytest.raises(Late):
        within(lambda: time.sleep(5), 0.1)
    assert time.monotonic() - started < 4


def test_what_listens_may_end_the_test(sandbox: SandboxProcess) -> None:
    class Enough(Exception):
        pass

    def stop(check: Check) -> None:
        raise Enough

    with pytest.raises(Enough):
        checks.run(sandbox.access(), Level.DEPLOY, emit=stop)


# ── The clock ───────────────────────────────────────────────────────────────────────


@every_cloud
@pytest.mark.parametrize(
    ("ahead", "result", "said"),
    [
        (timedelta(seconds=20), "pass", "agrees"),
        (timedelta(minutes=2), "pass", "ahead of"),
        (timedelta(minutes=-3), "pass", "behind"),
        (timedelta(minutes=6), "fail", "Set it right"),
        (timedelta(hours=-2), "fail", "2 h 0 min behind"),
    ],
)
def test_a_clock_that_is_off_is_said(
    cloud: Cloud, ahead: timedelta, result: str, said: str, sandbox: SandboxProcess
) -> None:
    access = sandbox.access(cloud=cloud)
    found = tried(access, Level.OBSERVE, now=lambda: datetime.now(UTC) + ahead)
    assert found["clock"].result == result and said in found["clock"].message
