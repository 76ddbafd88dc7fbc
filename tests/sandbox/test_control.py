"""The sandbox's control address, over HTTP: faults, journal and speed."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.clouds import sandbox_clock, sandbox_control
from provisioning.contracts import Cloud, SandboxFault
from provisioning.errors import CloudError, NotFound
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(Path(tmp_path_factory.mktemp("control")) / "sandbox").start()
    yield process
    process.end()


def url(process: SandboxProcess) -> str:
    return process.address.control_url


def test_a_fault_is_kept_until_it_is_taken_back(control: SandboxProcess) -> None:
    wanted = SandboxFault(kind="fail_step", cloud=Cloud.AWS, match="train-*", count=2)
    added = sandbox_control.add_fault(url(control), wanted)
    assert added.id and sandbox_control.faults(url(control)) == (added,)
    control.end(9)
    control.start()
    assert sandbox_control.faults(url(control)) == (added,)
    sandbox_control.remove_fault(url(control), added.id)
    assert sandbox_control.faults(url(control)) == ()
    with pytest.raises(NotFound, match="no fault"):
        sandbox_control.remove_fault(url(control), added.id)


def test_what_is_wrong_with_a_fault_is_said(control: SandboxProcess) -> None:
    with pytest.raises(CloudError, match="kind"):
        sandbox_control.ask("POST", url(control), "/faults", {"cloud": "aws", "kind": "explode"})
    with pytest.raises(CloudError, match="JSON object"):
        control_with_list = "/faults"
        sandbox_control.ask("POST", url(control), control_with_list, [1])  # type: ignore[arg-type]


def test_the_clock_runs_faster_and_never_goes_back(control: SandboxProcess) -> None:
    fast = sandbox_clock.run_at(url(control), 3600)
    time.sleep(0.5)
    later = sandbox_clock.look(url(control))
    assert later.speed == 3600 and later.now - fast.now > timedelta(minutes=20)
    control.end(9)
    control.start()
    restarted = sandbox_clock.look(url(control))
    assert restarted.speed == 3600
    slow = sandbox_clock.run_at(url(control), 1)
    assert slow.speed == 1 and slow.now >= restarted.now
    assert sandbox_clock.read(url(control)) - slow.now < timedelta(seconds=60)


@pytest.mark.parametrize("speed", [0, 0.5, 3601, "fast", True])
def test_other_speeds_are_refused(control: SandboxProcess, speed: object) -> None:
    with pytest.raises(CloudError, match="speed from 1 to 3600"):
        sandbox_control.ask("POST", url(control), "/clock", {"speed": speed})


def test_what_fired_is_told_in_order(control: SandboxProcess) -> None:
    assert sandbox_control.journal(url(control), after=10**9) == ()
    with pytest.raises(CloudError, match="whole number"):
        sandbox_control.ask("GET", url(control), "/journal?after=x")


def test_a_web_page_cannot_misuse_it(control: SandboxProcess) -> None:
    request = urllib.request.Request(
        url(control) + "/faults?id=x", method="DELETE", headers={"Origin": "http://evil.example"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 403
