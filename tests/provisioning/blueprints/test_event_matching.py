"""Which trigger an event belongs to: the handler's matcher, judged by moto's, which was written
from EventBridge's documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from provisioning.blueprints.aws_event_sourced_training.assets.training_events.matching import (
    matches,
)

EVENT = {
    "source": "example.data",
    "detail-type": "dataset.ready",
    "detail": {
        "name": "Customers",
        "rows": 120,
        "share": 0.5,
        "final": True,
        "tags": ["nightly", "eu"],
        "owner": {"team": "churn"},
        "address": "10.0.0.7",
        "note": None,
        "key": "data/a*b.csv",
    },
}
PATTERNS: list[tuple[dict[str, Any], bool]] = [
    ({"source": ["example.data"]}, True),
    ({"source": ["other", "example.data"]}, True),
    ({"source": ["example"]}, False),
    ({"detail": {"rows": [120]}}, True),
    ({"detail": {"rows": ["120"]}}, False),
    ({"detail": {"tags": ["eu"]}}, True),
    ({"detail": {"tags": ["us"]}}, False),
    ({"detail": {"owner": {"team": ["churn"]}}}, True),
    ({"detail": {"owner": {"team": ["sales"]}}}, False),
    ({"detail": {"nothing": {"team": ["churn"]}}}, False),
    ({"detail": {"name": [{"prefix": "Cust"}]}}, True),
    ({"detail": {"name": [{"prefix": "cust"}]}}, False),
    ({"detail": {"name": [{"suffix": "mers"}]}}, True),
    ({"detail": {"name": [{"equals-ignore-case": "CUSTOMERS"}]}}, True),
    ({"detail": {"name": [{"anything-but": "Customers"}]}}, False),
    ({"detail": {"name": [{"anything-but": ["a", "b"]}]}}, True),
    ({"detail": {"name": [{"anything-but": {"prefix": "Cust"}}]}}, False),
    ({"detail": {"name": [{"anything-but": {"suffix": "x"}}]}}, True),
    ({"detail": {"rows": [{"numeric": [">", 100, "<=", 120]}]}}, True),
    ({"detail": {"rows": [{"numeric": [">", 120]}]}}, False),
    ({"detail": {"rows": [{"numeric": ["=", 120]}]}}, True),
    ({"detail": {"name": [{"numeric": [">", 1]}]}}, False),
    ({"detail": {"missing": [{"exists": False}]}}, True),
    ({"detail": {"name": [{"exists": True}]}}, True),
    ({"detail": {"name": [{"exists": False}]}}, False),
    ({"detail": {"name": [{"wildcard": "C*m*s"}]}}, True),
    ({"detail": {"key": [{"wildcard": "data/a\\*b.*"}]}}, True),
    ({"detail": {"key": [{"wildcard": "data/x\\*b.*"}]}}, False),
    ({"detail": {"address": [{"cidr": "10.0.0.0/24"}]}}, True),
    ({"detail": {"address": [{"cidr": "10.0.1.0/24"}]}}, False),
    ({"detail": {"name": ["x", {"prefix": "Cust"}]}}, True),
    ({"detail": {"$or": [{"name": ["x"]}, {"rows": [120]}]}}, True),
    ({"detail": {"$or": [{"name": ["x"]}, {"rows": [1]}]}}, False),
    ({"detail": {"name": ["Customers"], "$or": [{"rows": [1]}, {"rows": [120]}]}}, True),
]


@pytest.mark.parametrize(("pattern", "wanted"), PATTERNS, ids=[json.dumps(p) for p, _ in PATTERNS])
def test_a_pattern_matches_as_eventbridge_matches_it(pattern: Any, wanted: bool) -> None:
    assert matches(pattern, EVENT) is wanted
    assert bool(EventPattern.load(json.dumps(pattern)).matches_event(EVENT)) is wanted


def test_true_is_not_one() -> None:
    """moto does not tell them apart, EventBridge does: it compares JSON."""
    assert matches({"detail": {"final": [True]}}, EVENT)
    assert not matches({"detail": {"final": [1]}}, EVENT)
    assert matches({"detail": {"note": [None]}}, EVENT)
    assert matches({"detail": {"rows": [120.0]}}, EVENT)
