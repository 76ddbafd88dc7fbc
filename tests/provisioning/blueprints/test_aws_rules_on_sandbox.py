"""Rules that somebody left on the buses of an account: found, paused, and removed with all that
hangs on them."""

from __future__ import annotations

import json

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.aws_common.hunting import RULE
from provisioning.clouds import open_session
from provisioning.clouds.session import Session
from provisioning.contracts import Cloud, NativeTrigger
from tests.sandbox_process import ACCOUNT, REGION, SandboxProcess

pytestmark = pytest.mark.sandbox

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hunted"
PATTERN = json.dumps({"source": ["hunted"]})
HUNTER = registry.hunter(Cloud.AWS)


@pytest.fixture(params=["default", "hunted-orders"])
def bus(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(sandbox: SandboxProcess) -> Session:
    return open_session(sandbox.access())


def leave(session: Session, name: str, *, bus: str) -> None:
    events = session.client("events")
    if bus not in {each["Name"] for each in events.list_event_buses()["EventBuses"]}:
        events.create_event_bus(Name=bus)
    events.put_rule(Name=name, EventBusName=bus, EventPattern=PATTERN)
    targets = [{"Id": "one", "Arn": QUEUE}, {"Id": "two", "Arn": QUEUE}]
    put = events.put_targets(Rule=name, EventBusName=bus, Targets=targets)
    assert put["FailedEntryCount"] == 0, put


def found(session: Session, name: str) -> list[NativeTrigger]:
    return [each for each in HUNTER.listed(session, RULE) if each.name == name]


def test_a_rule_is_paused_and_removed_on_its_own_bus(session: Session, bus: str) -> None:
    name = f"hunted-on-{bus}"
    leave(session, name, bus=bus)
    leave(session, f"{name}-too", bus=bus)
    (rule,) = found(session, name)
    assert (rule.running, rule.targets) == (True, (QUEUE, QUEUE))
    assert json.loads(rule.native) == {"source": ["hunted"]}
    assert HUNTER.described(session, rule) == rule

    HUNTER.pause(session, rule.cloud_id)
    assert [each.running for each in found(session, name)] == [False]
    for _ in range(2):  # again is harmless
        HUNTER.remove(session, rule.cloud_id)
        assert found(session, name) == []
    (other,) = found(session, f"{name}-too")
    assert other.running
    HUNTER.remove(session, other.cloud_id)
