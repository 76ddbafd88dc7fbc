"""What Skyclock's own triggers started, as the API lists it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from dashboard.models import Pipeline, Run, Start
from tests.dashboard.api.conftest import Caller


@pytest.fixture
def owe(new_pipeline: Any) -> Any:
    made = new_pipeline("Hooked", triggers=[{"kind": "webhook"}])

    def more(number: int, **values: Any) -> Start:
        return Start.objects.create(
            pipeline=made, trigger=made.triggers.get(), key=f"msg_{number}",
            cause=f"webhook msg_{number}", **values,
        )  # fmt: skip

    more.pipeline = made  # type: ignore[attr-defined]
    return more


def test_a_start_is_shown_with_what_came_of_it(api: Caller, owe: Any, new_run: Any) -> None:
    run: Run = new_run(owe.pipeline, cause="webhook msg_1", trigger_kind="webhook")
    owe(1, state="started", run=run, parameters={"Rate": "1"}, next_attempt_at=None)
    owe(2, error="Slow down.", attempts=2)
    waiting, started = api.get(f"/pipelines/{owe.pipeline.pk}/starts")["items"]
    assert (waiting["state"], waiting["error"], waiting["attempts"]) == (
        "waiting", "Slow down.", 2,
    )  # fmt: skip
    assert waiting["next_attempt"]
    assert (started["state"], started["run"], started["kind"]) == ("started", run.pk, "webhook")
    assert (started["trigger"], started["cause"]) == ("t1", "webhook msg_1")
    assert started["parameters"] == {"Rate": "1"}
    assert api.get(f"/runs/{run.pk}")["cause"] == "webhook msg_1"


def test_they_come_in_pages_and_by_state(api: Caller, owe: Any, pipeline: Pipeline) -> None:
    ids = [owe(number, state="refused" if number % 2 else "waiting").pk for number in range(7)]
    path = f"/pipelines/{owe.pipeline.pk}/starts"
    seen, cursor = [], ""
    while True:
        page = api.get(f"{path}?limit=3&cursor={cursor}")
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == ids[::-1]
    refused = api.get(f"{path}?state=refused")["items"]
    assert {each["state"] for each in refused} == {"refused"} and len(refused) == 3
    assert api.get(f"/pipelines/{pipeline.pk}/starts") == {"items": [], "next": None}
    api.get(f"{path}?state=lost", expect=422)


def test_the_number_of_queries_does_not_grow(api: Caller, owe: Any) -> None:
    def asked() -> int:
        with CaptureQueriesContext(database) as caught:
            api.get(f"/pipelines/{owe.pipeline.pk}/starts")
        return len([each for each in caught if "apitoken" not in each["sql"].lower()])

    owe(1)
    few = asked()
    for number in range(2, 20):
        owe(number)
    assert asked() == few <= 2


def test_one_that_was_refused_is_retried(api: Caller, owe: Any) -> None:
    start = owe(1, state="refused", error="You may not.", attempts=4, next_attempt_at=None)
    answer = api.post(f"/starts/{start.pk}/retry", expect=202)
    assert (answer["id"], answer["state"], answer["attempts"]) == (start.pk, "waiting", 0)
    assert answer["next_attempt"]
    again = api.post(f"/starts/{start.pk}/retry", expect=409)
    assert again["detail"] == "Only a start that was refused can be retried."
