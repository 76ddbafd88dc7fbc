"""What providers say about claims, without a cloud around it."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.sandbox.google.entering.expressions import NotUnderstood, NoValue, parse

SCOPE: dict[str, Any] = {
    "assertion": {
        "sub": "skyclock:connection:1", "level": 3, "ok": True, "groups": ["a", "b"],
        "deep": {"er": "x"},
    },
    "attribute": {"team": "data"},
    "google": {"subject": "one"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("assertion.sub", "skyclock:connection:1"),
        ("assertion['sub']", "skyclock:connection:1"),
        ("assertion.deep.er", "x"),
        ("'a::' + assertion.deep.er + \"/\" + attribute.team", "a::x/data"),
        ("assertion.sub == 'skyclock:connection:1'", True),
        ("assertion.sub != 'skyclock:connection:1'", False),
        ("assertion.sub.startsWith('skyclock:')", True),
        ("assertion.sub.endsWith(':2')", False),
        ("assertion.sub.contains('connection')", True),
        ("assertion.level == 3 && assertion.ok == true", True),
        ("attribute.team in ['ml', 'data']", True),
        ("'c' in assertion.groups", False),
        ("!(attribute.team == 'ml') && google.subject == 'one'", True),
        ("attribute.team == 'ml' || assertion.ok", True),
        ("attribute.team == 'ml' || attribute.team == 'x' && assertion.ok", False),
    ],
)
def test_claims_are_compared(text: str, value: Any) -> None:
    assert parse(text)(SCOPE) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "assertion.", "assertion.sub ==", "assertion.sub = 'x'", "has(assertion.sub)",
        "assertion.sub.matches('a.*')", "assertion.sub.extract('{x}')", "sub == 'x'",
        "assertion.sub == 'x' assertion.sub", "(assertion.sub", "assertion.sub ? 'a' : 'b'",
        "assertion.sub == 'it\\'s'", "assertion.groups[0", "1 < 2",
    ],
)  # fmt: skip
def test_other_expressions_are_not_understood(text: str) -> None:
    with pytest.raises(NotUnderstood):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["assertion.none", "assertion.sub.none", "assertion.level + 'x'", "'x' in assertion.sub"],
)
def test_what_is_not_there_is_no_value(text: str) -> None:
    with pytest.raises(NoValue):
        parse(text)(SCOPE)
