"""Paths, intrinsic functions and choices, as Step Functions computes them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provisioning.sandbox.aws.states.language.choices import chosen
from provisioning.sandbox.aws.states.language.intrinsics import BadIntrinsic, read_intrinsic
from provisioning.sandbox.aws.states.language.path_text import read_path
from provisioning.sandbox.aws.states.language.paths import BadPath, NotThere
from provisioning.sandbox.aws.states.language.problems import StateFailed
from provisioning.sandbox.aws.states.language.scope import Scope
from provisioning.sandbox.aws.states.language.templates import filled, wrong_fields

DATA = {
    "store": {"book": [{"t": "a", "p": 8, "i": 1}, {"t": "b", "p": 12}], "x y": {"q": 1}},
    "numbers": [1, 2, 3],
    "text": 'say "hi" \\n',
    "when": "2027-03-01T12:00:00Z",
}
SCOPE = Scope(
    value=DATA,
    context={"Execution": {"Name": "run-1", "Id": "arn:x"}},
    variables={"seen": {"last": [7]}},
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.store.book[0].t", "a"),
        ("$.store.book[*].t", ["a", "b"]),
        ("$..t", ["a", "b"]),
        ("$.store['x y'].q", 1),
        ('$["numbers"]', [1, 2, 3]),
        ("$.numbers[1:]", [2, 3]),
        ("$.numbers[-1]", 3),
        ("$.numbers[0,2]", [1, 3]),
        ("$.numbers[?(@ > 1)]", [2, 3]),
        ("$.numbers.length()", 3),
        ("$.store.book[?(@.p < 10)].t", ["a"]),
        ("$.store.book[?(@.i)].t", ["a"]),
        ("$.store.book[?(!(@.t == 'a') && @.p >= 12)].t", ["b"]),
        ("$.store.book[?(@.t == 'a' || @.p == 12)].p", [8, 12]),
        ("$.store.book[?(@.t in ['a', 'z'])].p", [8]),
        ("$..book[?(@.t =~ /A/i)].p", [8]),
        ("$.store.book[?(@.p > 'x')]", []),
        ("$.store.*.q", [1]),
    ],
)
def test_paths_lead_where_jayways_do(path: str, found: Any) -> None:
    assert read_path(path).find(DATA) == found


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("$.no.such", "Missing property in path $['no']"),
        ("$.store.nope", "No results for path: $['store']['nope']"),
        ("$.numbers[9]", "Index out of bounds when evaluating path $['numbers'][9]"),
    ],
)
def test_a_definite_path_that_leads_nowhere_says_where(path: str, says: str) -> None:
    with pytest.raises(NotThere, match=re.escape(says)):
        read_path(path).find(DATA)


@pytest.mark.parametrize("text", ["a", "$.", "$[", "$.a b", "$['a'", "$[?(@.a", "$.a[]"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(BadPath):
        read_path(text)


def test_a_value_is_put_at_a_reference_path() -> None:
    assert read_path("$.a.b").put({"a": {"c": 1}}, 5) == {"a": {"c": 1, "b": 5}}
    assert read_path("$.x.y").put({}, 1) == {"x": {"y": 1}}
    assert read_path("$.l[1]").put({"l": [1, 2]}, 9) == {"l": [1, 9]}
    assert read_path("$").put({"a": 1}, 2) == 2
    with pytest.raises(NotThere):
        read_path("$.a.b").put({"a": "text"}, 1)


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("States.Format('{}-{}', $.store.book[0].t, $.numbers[0])", "a-1"),
        ("States.Format('\\{{}\\} it\\'s', $$.Execution.Name)", "{run-1} it's"),
        ("States.Format('{}', $.store.book[0])", "{t=a, p=8, i=1}"),
        ("States.Format('no place')", "no place"),
        ("States.Array(1, 'x', $seen.last[0], null, true)", [1, "x", 7, None, True]),
        ("States.ArrayContains($.numbers, 2)", True),
        ("States.ArrayGetItem(States.StringSplit('a-b,c', '-,'), 2)", "c"),
        ("States.ArrayLength($.numbers[?(@ > 1)])", 2),
        ("States.ArrayPartition($.numbers, 2)", [[1, 2], [3]]),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayUnique(States.Array(1, 1, 2, true))", [1, 2, True]),
        ("States.Base64Decode(States.Base64Encode('hé'))", "hé"),
        ("States.Hash('skyclock', 'MD5')", "0ebcd5f2ab2c5d18cfe5f1d5e3e9d0d5"),
        ("States.JsonMerge($.store, States.StringToJson('{\"book\":0}'), false)",
         {"book": 0, "x y": {"q": 1}}),
        ("States.JsonToString($.numbers)", "[1,2,3]"),
        ("States.MathAdd(1, -3.5)", -2),
        ("States.StringToJson('[1, {\"a\": null}]')", [1, {"a": None}]),
    ],
)  # fmt: skip
def test_intrinsic_functions(call: str, found: Any) -> None:
    if "Hash" in call:  # only its shape: the digest is hashlib's business
        assert re.fullmatch(r"[0-9a-f]{32}", read_intrinsic(call).of(SCOPE, "f"))
        return
    assert read_intrinsic(call).of(SCOPE, "f") == found


def test_what_a_path_gives_is_not_unescaped() -> None:
    assert read_intrinsic("States.Format('<{}>', $.text)").of(SCOPE, "f") == '<say "hi" \\n>'
    scope = Scope(value={"json": '{"a": "\\"b\\""}'}, context={}, variables={})
    assert read_intrinsic("States.StringToJson($.json)").of(scope, "f") == {"a": '"b"'}


def test_random_things_are_random_within_bounds() -> None:
    numbers = {read_intrinsic("States.MathRandom(1, 4)").of(SCOPE, "f") for _ in range(200)}
    assert numbers == {1, 2, 3}
    seeded = read_intrinsic("States.MathRandom(1, 1000, 7)")
    assert seeded.of(SCOPE, "f") == seeded.of(SCOPE, "f")
    unique = read_intrinsic("States.UUID()")
    assert unique.of(SCOPE, "f") != unique.of(SCOPE, "f")


@pytest.mark.parametrize(
    "text",
    [
        "States.Nope()",
        "States.Format('a'",
        "States.UUID(1)",
        "States.ArrayRange(1, 2)",
        "States.Format('a') b",
        "States.Format(a)",
    ],
)
def test_what_is_no_call_of_a_function(text: str) -> None:
    with pytest.raises(BadIntrinsic):
        read_intrinsic(text)


@pytest.mark.parametrize(
    "call",
    [
        "States.Format('{} {}', 1)",
        "States.Format('{}', 1, 2)",
        "States.ArrayGetItem($.numbers, 7)",
        "States.StringToJson('{')",
        "States.Hash('a', 'MD6')",
        "States.JsonMerge($.store, $.store, true)",
        "States.ArrayRange(1, 5000, 1)",
        "States.MathAdd('1', 2)",
    ],
)
def test_a_function_that_cannot_work_is_an_intrinsic_failure(call: str) -> None:
    with pytest.raises(StateFailed) as failed:
        read_intrinsic(call).of(SCOPE, "f")
    assert failed.value.error == "States.IntrinsicFailure"


def test_templates_are_filled_at_every_depth() -> None:
    template = {"a.$": "$.numbers[0]", "b": {"c.$": "$$.Execution.Name"}, "d": [{"e.$": "$seen"}]}
    assert filled(template, SCOPE) == {"a": 1, "b": {"c": "run-1"}, "d": [{"e": {"last": [7]}}]}
    assert list(wrong_fields({"a.$": 1, "b": [{"c.$": "x"}], "d.$": "$.ok"})) == ["a.$", "c.$"]


def test_a_path_of_a_template_that_leads_nowhere_names_field_and_input() -> None:
    with pytest.raises(StateFailed) as failed:
        filled({"x.$": "$.no"}, Scope(value={"a": 1}, context={}, variables={}))
    assert failed.value.error == "States.Runtime"
    assert failed.value.cause == (
        "The JSONPath '$.no' specified for the field 'x.$' could not be found in the input "
        "'{\"a\":1}'"
    )


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        ({"Variable": "$.numbers[0]", "NumericEquals": 1}, True),
        ({"Variable": "$.numbers[0]", "NumericGreaterThanEquals": 2}, False),
        ({"Variable": "$.numbers[0]", "StringEquals": "1"}, False),
        ({"Variable": "$.numbers[1]", "NumericLessThanPath": "$.numbers[2]"}, True),
        ({"Variable": "$.store.book[0].t", "StringMatches": "?"}, False),
        ({"Variable": "$.when", "StringMatches": "2027-*Z"}, True),
        ({"Variable": "$.when", "TimestampLessThan": "2027-03-01T14:00:00+01:00"}, True),
        ({"Variable": "$.when", "IsTimestamp": True}, True),
        ({"Variable": "$.text", "IsTimestamp": False}, True),
        ({"Variable": "$.nope", "IsPresent": False}, True),
        ({"Variable": "$.text", "IsString": True}, True),
        ({"Variable": "$.numbers[0]", "IsBoolean": True}, False),
        ({"Variable": "$$.Execution.Name", "StringEquals": "run-1"}, True),
        ({"Variable": "$seen.last[0]", "NumericEquals": 7.0}, True),
        ({"Not": {"Variable": "$.numbers[0]", "NumericEquals": 2}}, True),
        ({"And": [{"Variable": "$.text", "IsString": True},
                  {"Variable": "$.numbers[0]", "NumericEquals": 2}]}, False),
        ({"Or": [{"Variable": "$.text", "IsNull": True},
                 {"Variable": "$.numbers[0]", "NumericEquals": 1}]}, True),
    ],
)  # fmt: skip
def test_rules_of_choices(rule: dict[str, Any], applies: bool) -> None:
    assert chosen(rule, SCOPE) is applies


def test_a_rule_whose_variable_leads_nowhere_fails() -> None:
    with pytest.raises(StateFailed, match="condition path references an invalid value"):
        chosen({"Variable": "$.nope", "IsNull": True}, SCOPE)
