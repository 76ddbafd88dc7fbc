"""Objects and events as patterns of EventBridge: exactly what the trigger says, nothing beside.

moto's matcher is the judge: it was written from EventBridge's documentation, not from ours.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.events.models import EventPattern

from provisioning.blueprints.aws_common import patterns
from provisioning.contracts import EventSpec, ObjectCreatedSpec
from provisioning.errors import InvalidInput
from tests.provisioning.blueprints.pipelines import daily, spec

BUCKET = "skyclock-daily-training-111122223333"
few = st.text(alphabet="ab/*\\.", max_size=4)


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return bool(EventPattern.load(json.dumps(pattern)).matches_event(event))


def landed(key: str, bucket: str = BUCKET, kind: str = "Object Created") -> dict[str, Any]:
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "size": 3}}
    return {"source": "aws.s3", "detail-type": kind, "detail": detail}


def objects(prefix: str, suffix: str) -> dict[str, Any]:
    return patterns.of_object(ObjectCreatedSpec(key="t1", prefix=prefix, suffix=suffix), BUCKET)


@given(prefix=few, suffix=few, key=st.text(alphabet="ab/*\\.", min_size=1, max_size=8))
def test_a_key_matches_when_it_begins_and_ends_so(prefix: str, suffix: str, key: str) -> None:
    wanted = key.startswith(prefix) and key.endswith(suffix)
    assert matches(objects(prefix, suffix), landed(key)) is wanted


@pytest.mark.parametrize(
    ("key", "starts"),
    [
        ("data/x.csv", True),
        ("data/deep/x.csv", True),
        ("data/.csv", True),
        ("data/x.txt", False),
        ("other/x.csv", False),
        ("data/x.CSV", False),
    ],
)
def test_prefix_and_suffix_hold_together(key: str, starts: bool) -> None:
    assert matches(objects("data/", ".csv"), landed(key)) is starts


def test_a_key_in_which_beginning_and_end_overlap_matches_as_well() -> None:
    found = objects("data/x", "x.csv")
    assert found["detail"]["object"]["key"] == [{"wildcard": "data/x*x.csv"}, "data/x.csv"]
    assert matches(found, landed("data/x.csv"))


def test_only_the_own_bucket_and_new_objects_match() -> None:
    found = objects("", "")
    assert matches(found, landed("anything"))
    assert not matches(found, landed("anything", bucket="of-somebody-else"))
    assert not matches(found, landed("anything", kind="Object Deleted"))


def test_an_event_matches_by_source_any_of_its_types_and_its_detail() -> None:
    trigger = EventSpec(
        key="t1",
        source="example.data",
        types=("dataset.ready", "dataset.changed"),
        detail={"rows": [{"numeric": [">", 100]}], "team": {"name": ["churn"]}},
    )
    found = patterns.of_event(trigger)
    event = {
        "source": "example.data",
        "detail-type": "dataset.changed",
        "detail": {"rows": 101, "team": {"name": "churn"}},
    }
    assert matches(found, event)
    assert not matches(found, {**event, "source": "example.other"})
    assert not matches(found, {**event, "detail-type": "dataset.gone"})
    assert not matches(found, {**event, "detail": {"rows": 99, "team": {"name": "churn"}}})


# ── Prepared ────────────────────────────────────────────────────────────────────────


def prepared(*triggers: Any) -> Any:
    return patterns.prepare(spec(triggers=triggers), BUCKET)


def refused(trigger: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        prepared(daily("t9"), trigger)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_every_rule_has_its_pattern_and_schedules_are_left_alone() -> None:
    event = EventSpec(key="t2", source="example.data", types=("a",))
    found = prepared(daily(), event, ObjectCreatedSpec(key="t3", suffix=".csv"))
    assert set(found.natives) == {"t2", "t3"}
    assert json.loads(found.natives["t2"][0]) == {"source": ["example.data"], "detail-type": ["a"]}
    assert patterns.prepare(found, BUCKET) == found


@pytest.mark.parametrize(
    ("detail", "field"),
    [
        ({"rows": 5}, "triggers.1.detail.rows"),
        ({"rows": []}, "triggers.1.detail.rows"),
        ({"team": {"name": "churn"}}, "triggers.1.detail.team.name"),
        ({"team": {}}, "triggers.1.detail.team"),
        ({"$or": [{"a": ["x"]}]}, "triggers.1.detail.$or"),
        ({"$or": [{"a": ["x"]}, {"b": "y"}]}, "triggers.1.detail.$or.1.b"),
    ],
)
def test_a_detail_that_eventbridge_refuses_is_refused_where_it_stands(
    detail: dict[str, Any], field: str
) -> None:
    trigger = EventSpec(key="t1", source="s", types=("a",), detail=detail)
    assert list(refused(trigger)) == [field]


def test_alternatives_and_operators_are_taken() -> None:
    detail = {"$or": [{"a": ["x"]}, {"b": [{"prefix": "y"}]}], "c": [{"exists": True}]}
    assert prepared(EventSpec(key="t1", source="s", types=("a",), detail=detail)).natives["t1"]


def test_a_pattern_that_is_too_long_is_refused() -> None:
    long = {"a": ["x" * 2048]}
    found = refused(EventSpec(key="t1", source="s", types=("a",), detail=long))
    assert "2048 characters" in found["triggers.1.detail"]
    assert "triggers.1.types.0" in refused(EventSpec(key="t1", source="s", types=("",)))
