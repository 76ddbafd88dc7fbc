"""From an operation's spool to rows."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import queries
from dashboard.models import Deployment
from dashboard.services import outcomes
from dashboard.services.deployment_log import Recorder
from dashboard.services.leases import LeaseLost
from provisioning.contracts import OperationError, PhaseName
from tests.dashboard.services.begun import URN, line, phase, resource, texts


def test_lines_are_numbered_without_gaps_over_batches(begin: Any) -> None:
    begun = begin().tell(line("one"), resource("running"), line("two"))
    assert begun.recorder.pull()
    assert not begun.recorder.pull()
    begun.tell(line("three", resource=URN))
    begun.recorder.pull()
    row = begun.again()
    assert texts(row) == [(1, "one"), (2, "two"), (3, "three")]
    assert row.last_line == 3
    assert row.spool_offset == begun.spool.stat().st_size


def test_half_a_line_is_left_for_later(begin: Any) -> None:
    whole = line("second").model_dump_json() + "\n"
    begun = begin().tell(line("first"), tail=whole[:10])
    begun.recorder.pull()
    begun.tell(tail=whole[10:])
    begun.recorder.pull()
    assert texts(begun.row) == [(1, "first"), (2, "second")]


def test_another_worker_goes_on_where_the_rows_end(begin: Any) -> None:
    begun = begin().tell(line("one"), resource("running"))
    begun.recorder.pull()
    begun.tell(line("two"), resource("done"), resource("running", urn=URN + "2"))
    again = Recorder(begun.again(), begun.lease)
    again.pull()
    assert texts(begun.row) == [(1, "one"), (2, "two")]
    found = queries.deployment_resources(begun.row)
    assert [(one.position, one.state) for one in found] == [(0, "done"), (1, "running")]


def test_without_the_lease_nothing_is_written(begin: Any) -> None:
    begun = begin().tell(line("one"))
    Deployment.objects.update(lease_owner="another|b|1|w")
    with pytest.raises(LeaseLost):
        begun.recorder.pull()
    assert texts(begun.row) == []
    with pytest.raises(LeaseLost):
        outcomes.fail(begun.recorder, OperationError(summary="no"), begun.row)
    assert begun.again().status == "running"


def test_a_resource_keeps_its_last_state_and_its_place(begin: Any) -> None:
    begun = begin().tell(resource("running", urn=URN + "1"), resource("running"))
    begun.recorder.pull()
    begun.tell(resource("done"))
    begun.recorder.pull()
    first, second = queries.deployment_resources(begun.row)
    assert (first.state, first.seconds) == ("running", None)
    assert (second.urn, second.state, second.seconds, second.cloud_id) == (URN, "done", 1.5, "q-1")


def test_phases_are_in_words_and_with_times(begin: Any) -> None:
    begun = begin().tell(
        phase(PhaseName.PREPARE, "started"),
        phase(PhaseName.PREPARE, "finished"),
        phase(PhaseName.APPLY, "started"),
    )
    begun.recorder.pull()
    row = begun.again()
    assert row.phase == "Changing the cloud"
    assert [(one["phase"], one["state"]) for one in row.phases] == [
        ("prepare", "finished"),
        ("apply", "started"),
    ]
    outcomes.fail(begun.recorder, OperationError(summary="It broke."), row)
    assert begun.again().phases[1]["state"] == "failed"
    assert row.phases[1]["finished"]


@pytest.mark.parametrize("told", [(), (phase(PhaseName.APPLY, "failed"),)])
def test_a_phase_that_was_cut_off_did_not_fail(begin: Any, told: Any) -> None:
    begun = begin().tell(phase(PhaseName.APPLY, "started"), *told)
    begun.recorder.pull()
    outcomes.interrupt(begun.recorder, begun.row, outcomes.KILLED)
    (apply,) = begun.again().phases
    assert (apply["state"], bool(apply["finished"])) == ("interrupted", True)


def test_what_no_database_takes_is_replaced(begin: Any) -> None:
    begun = begin().tell(line("a\x00b"), resource("done", urn="urn:" + "x" * 600))
    begun.recorder.pull()
    assert texts(begun.row) == [(1, "a\ufffdb")]
    assert len(queries.deployment_resources(begun.row)[0].urn) == 500
