"""Which events a pattern matches, and which patterns EventBridge refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.events.patterns import parse_pattern, why_not

EVENT = {
    "source": "my.app",
    "detail-type": "made",
    "resources": ["arn:one", "arn:two"],
    "detail": {
        "name": "Churn-2027.csv",
        "size": 300,
        "ratio": 0.5,
        "good": True,
        "owner": None,
        "ip": "10.0.0.7",
        "tags": ["a", "b"],
        "none": [],
        "jobs": [{"name": "x", "state": "done"}, {"name": "y", "state": "failed"}],
    },
}


def match(detail: Any) -> bool:
    pattern = parse_pattern(json.dumps({"detail": detail}))
    return why_not(pattern, EVENT) is None


@pytest.mark.parametrize(
    ("detail", "matches"),
    [
        ({"name": ["Churn-2027.csv"]}, True),
        ({"name": ["other", "Churn-2027.csv"]}, True),
        ({"name": ["churn-2027.csv"]}, False),
        ({"name": [{"prefix": "Churn"}]}, True),
        ({"name": [{"prefix": "churn"}]}, False),
        ({"name": [{"prefix": {"equals-ignore-case": "churn"}}]}, True),
        ({"name": [{"suffix": ".csv"}]}, True),
        ({"name": [{"suffix": {"equals-ignore-case": ".CSV"}}]}, True),
        ({"name": [{"suffix": ".txt"}]}, False),
        ({"name": [{"equals-ignore-case": "CHURN-2027.CSV"}]}, True),
        ({"name": [{"wildcard": "Churn-*.csv"}]}, True),
        ({"name": [{"wildcard": "*2027*"}]}, True),
        ({"name": [{"wildcard": "Churn-*.txt"}]}, False),
        ({"name": [{"wildcard": "Churn.2027*"}]}, False),
        ({"name": [{"anything-but": "x"}]}, True),
        ({"name": [{"anything-but": ["x", "Churn-2027.csv"]}]}, False),
        ({"name": [{"anything-but": {"prefix": "Churn"}}]}, False),
        ({"name": [{"anything-but": {"prefix": ["Ch", "x"]}}]}, False),
        ({"name": [{"anything-but": {"suffix": ".txt"}}]}, True),
        ({"name": [{"anything-but": {"wildcard": "*2027*"}}]}, False),
        ({"name": [{"anything-but": {"equals-ignore-case": "churn-2027.csv"}}]}, False),
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"size": [300]}, True),
        ({"size": [300.0]}, True),
        ({"size": ["300"]}, False),
        ({"size": [{"numeric": ["=", 300]}]}, True),
        ({"size": [{"numeric": [">", 100, "<=", 300]}]}, True),
        ({"size": [{"numeric": ["<", 300]}]}, False),
        ({"ratio": [{"numeric": [">=", 0.5]}]}, True),
        ({"name": [{"numeric": [">", 0]}]}, False),
        ({"good": [True]}, True),
        ({"good": [1]}, False),
        ({"owner": [None]}, True),
        ({"missing": [None]}, False),
        ({"name": [{"exists": True}]}, True),
        ({"missing": [{"exists": False}]}, True),
        ({"missing": {"deep": [{"exists": False}]}}, True),
        ({"name": [{"exists": False}]}, False),
        ({"missing": ["x", {"exists": False}]}, True),
        ({"none": [{"exists": True}]}, False),
        ({"ip": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"ip": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"name": [{"cidr": "10.0.0.0/24"}]}, False),
        ({"tags": ["b"]}, True),
        ({"tags": ["c"]}, False),
        ({"jobs": {"name": ["y"], "state": ["failed"]}}, True),
        ({"jobs": {"name": ["x"], "state": ["failed"]}}, False),
        ({"$or": [{"size": [1]}, {"good": [True]}]}, True),
        ({"$or": [{"size": [1]}, {"good": [False]}]}, False),
        ({"$or": [{"size": [300]}, {"size": [1]}], "name": ["x"]}, False),
    ],
)
def test_an_event_matches(detail: dict[str, Any], matches: bool) -> None:
    assert match(detail) is matches


def test_resources_match_when_one_of_them_does() -> None:
    assert why_not({"resources": ["arn:two"]}, EVENT) is None
    assert why_not({"resources": ["arn:three"]}, EVENT) == "resources"


def test_the_member_that_does_not_match_is_named() -> None:
    pattern = {"source": ["my.app"], "detail": {"size": [1], "name": ["x"]}}
    assert why_not(pattern, EVENT) == "detail.size"
    assert why_not({"detail": {"$or": [{"a": ["1"]}, {"b": ["1"]}]}}, EVENT) == (
        "detail.a or detail.b"
    )


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Filter is not an object"),
        ("{}", "Filter is an empty object"),
        ('{"source": "my.app"}', '"source" must be an object or an array'),
        ('{"source": []}', "Empty arrays are not allowed"),
        ('{"detail": {}}', '"detail" is an empty object'),
        ('{"detail": {"a": [{"begins": "x"}]}}', "Unrecognized match type begins"),
        ('{"detail": {"a": [{"prefix": "x", "suffix": "y"}]}}',
         "Only one key allowed in match expression"),
        ('{"detail": {"a": [{"prefix": 1}]}}', "prefix match pattern must be a string"),
        ('{"detail": {"a": [{"exists": "yes"}]}}',
         "exists match pattern must be either true or false."),
        ('{"detail": {"a": [{"numeric": "1"}]}}', "Value of numeric must be an array."),
        ('{"detail": {"a": [{"numeric": ["~", 1]}]}}', "Unrecognized numeric range operator: ~"),
        ('{"detail": {"a": [{"numeric": [">", 5, "<", 1]}]}}', "Bottom must be less than top"),
        ('{"detail": {"a": [{"cidr": "nowhere"}]}}', "Malformed CIDR, nowhere"),
        ('{"detail": {"a": [{"wildcard": "a**"}]}}', "Consecutive wildcard characters at pos 2"),
        ('{"detail": {"a": [{"anything-but": {"numeric": ["=", 1]}}]}}',
         "Unsupported anything-but pattern: numeric"),
        ('{"detail": {"$or": [{"a": ["1"]}]}}',
         '"$or" must be an array of at least two objects'),
        ('{"detail": {"a": [["x"]]}}', "Match value must be String, number, true, false, or null"),
    ],
)  # fmt: skip
def test_a_bad_pattern_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(AwsError) as refused:
        parse_pattern(pattern)
    assert refused.value.code == "InvalidEventPatternException"
    assert refused.value.message == f"Event pattern is not valid. Reason: {reason}"
