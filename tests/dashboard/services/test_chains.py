"""Chains of Pipelines may not lead back to where they began."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from dashboard.models import Pipeline, User
from dashboard.services import pipelines
from provisioning.errors import InvalidInput
from tests.dashboard.services.chained import after


@pytest.fixture
def chain(new_pipeline: Callable[..., Pipeline]) -> Callable[..., list[Pipeline]]:
    """Pipelines of these names, each waiting for the one before."""

    def made(*names: str) -> list[Pipeline]:
        rows: list[Pipeline] = []
        for name in names:
            rows.append(new_pipeline(name, triggers=[after(row) for row in rows[-1:]]))
        return rows

    return made


@pytest.fixture
def refused(member: User) -> Callable[..., str]:
    def told(pipeline: Pipeline, triggers: list[dict[str, Any]]) -> str:
        before = pipeline.versions.count()
        with pytest.raises(InvalidInput) as caught:
            pipelines.update(actor=member, pipeline=pipeline, triggers=triggers)
        (problem,) = caught.value.problems
        assert problem.field == f"triggers.{len(triggers) - 1}.pipeline"
        assert pipeline.versions.count() == before
        return problem.message

    return told


def test_one_may_not_wait_for_itself(chain: Any, refused: Any) -> None:
    (one,) = chain("One")
    assert refused(one, [after(one)]) == "This would be a loop that never ends: One → One."


def test_a_loop_is_named_as_a_whole(chain: Any, refused: Any) -> None:
    one, _two, three = chain("One", "Two", "Three")
    assert refused(one, [after(three)]).endswith(": One → Two → Three → One.")
    assert refused(one, [after(three, "failed")]).endswith(": One → Two → Three → One.")


def test_it_is_found_behind_other_triggers_and_branches(
    chain: Any, refused: Any, new_pipeline: Any, member: User
) -> None:
    one, two, three = chain("One", "Two", "Three")
    side = new_pipeline("Side", triggers=[after(one), after(two)])
    daily = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "UTC"}
    assert refused(one, [daily, after(side)]).endswith(": One → Side → One.")
    pipelines.update(actor=member, pipeline=three, triggers=[after(two), after(side)])


def test_many_may_meet_again(chain: Any, new_pipeline: Any) -> None:
    one, two = chain("One", "Two")
    other = new_pipeline("Other", triggers=[after(one)])
    new_pipeline("Both", triggers=[after(two), after(other), after(two, "failed")])


def test_a_chain_that_was_broken_may_be_closed_elsewhere(
    chain: Any, refused: Any, member: User
) -> None:
    one, two, three = chain("One", "Two", "Three")
    refused(one, [after(three)])
    pipelines.update(actor=member, pipeline=two, triggers=[])
    pipelines.update(actor=member, pipeline=one, triggers=[after(three)])
    assert refused(two, [after(one)]).endswith(": Two → Three → One → Two.")


def test_a_deleted_one_is_in_no_chain(chain: Any, member: User) -> None:
    one, two, three = chain("One", "Two", "Three")
    pipelines.delete(actor=member, pipeline=two)
    pipelines.update(actor=member, pipeline=one, triggers=[after(three)])


def test_there_has_to_be_one_to_wait_for(chain: Any, refused: Any, member: User) -> None:
    one, two = chain("One", "Two")
    pipelines.delete(actor=member, pipeline=two)
    assert refused(one, [after(two)]) == f"There is no pipeline {two.pk}."


def test_one_whose_upstream_was_deleted_can_still_be_edited(
    chain: Any, member: User, example: dict[str, Any]
) -> None:
    one, two = chain("One", "Two")
    pipelines.delete(actor=member, pipeline=one)
    example["steps"][1]["instance_type"] = "ml.m5.4xlarge"
    pipelines.update(actor=member, pipeline=two, settings=example)
    pipelines.update(
        actor=member, pipeline=two, triggers=[after(one, key=two.triggers.get().key)], note="Same"
    )


@pytest.mark.django_db(transaction=True)
def test_two_halves_of_a_loop_at_the_same_moment_are_not_both_saved(
    chain: Any, member: User
) -> None:
    for number in range(5):
        (one,), (two,) = chain(f"One {number}"), chain(f"Two {number}")
        ready = threading.Barrier(2)
        refused: list[str] = []

        def wait_for(
            other: Pipeline, waiting: Pipeline, ready: Any = ready, refused: Any = refused
        ) -> None:
            ready.wait()
            try:
                pipelines.update(actor=member, pipeline=waiting, triggers=[after(other)])
            except InvalidInput as error:
                refused.append(str(error))
            connection.close()

        threads = [
            threading.Thread(target=wait_for, args=pair) for pair in ((one, two), (two, one))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1
