"""The expression language, function by function, and what goes wrong in its words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.evaluating import Evaluator
from provisioning.sandbox.azure.datafactory.expressions.templates import resolve

NOW = datetime(2027, 3, 28, 12, 34, 56, 789000, tzinfo=UTC).timestamp()
AROUND = {
    "pipeline": lambda: {"RunId": "r-1", "parameters": {"n": 5, "list": [1, 2], "text": "it"}},
    "item": lambda: {"Name": "a.csv", "tags": {"x": None}},
    "activity": lambda name: {"output": {"firstRow": {"id": 7}, "of": name}},
}


def value(text: Any) -> Any:
    return resolve(text, Evaluator(AROUND, now=NOW))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("@@escaped", "@escaped"),
        ("me@example.org", "me@example.org"),
        ("@{pipeline().parameters.n}", "5"),
        ("a @{pipeline().RunId}, b @{item().Name}", "a r-1, b a.csv"),
        ("not @@{this}", "not @{this}"),
        ("@pipeline().parameters.n", 5),
        ("@pipeline().PARAMETERS.N", 5),
        ("@pipeline().parameters['text']", "it"),
        ("@pipeline().parameters.list[1]", 2),
        ("@item()?.none?.at?.all", None),
        ("@activity('A b').output.firstRow.id", 7),
        ("@concat('it''s ', 'n=', 1, true)", "it's n=1True"),
        ("@if(greater(2, 1), 'yes', 'no')", "yes"),
        ("@and(true, not(false))", True),
        ("@or(false, equals('a', 'A'))", False),
        ("@coalesce(item().tags.x, null, 'c')", "c"),
        ("@string(createArray(1, 'b'))", '[1,"b"]'),
        ("@json('{\"a\": [1]}').a[0]", 1),
        ("@int('42')", 42),
        ("@div(7, 2)", 3),
        ("@div(-7, 2)", -3),
        ("@mod(-7, 2)", -1),
        ("@div(7, 2.0)", 3.5),
        ("@max(createArray(3, 9, 4))", 9),
        ("@range(3, 4)", [3, 4, 5, 6]),
        ("@contains('abc', 'b')", True),
        ("@contains(createArray(1, 2), 2)", True),
        ("@empty('')", True),
        ("@first(createArray(7, 8))", 7),
        ("@last(split('a/b/c', '/'))", "c"),
        ("@join(createArray('a', 'b'), '-')", "a-b"),
        ("@skip(createArray(1, 2, 3), 1)", [2, 3]),
        ("@take(createArray(1, 2, 3), 2)", [1, 2]),
        ("@union(createArray(1, 2), createArray(2, 3))", [1, 2, 3]),
        ("@intersection(createArray(1, 2), createArray(2, 3))", [2]),
        ("@indexOf('hello', 'LL')", 2),
        ("@replace('a.b', '.', '/')", "a/b"),
        ("@substring('hello', 1, 3)", "ell"),
        ("@toUpper(trim('  ab '))", "AB"),
        ("@startsWith('Data/x', 'data/')", True),
        ("@base64ToString(base64('ü'))", "ü"),
        ("@uriComponent('a b/c')", "a%20b%2Fc"),
        ("@utcNow()", "2027-03-28T12:34:56.7890000Z"),
        ("@utcNow('yyyy/MM/dd/HH')", "2027/03/28/12"),
        ("@addDays('2027-02-28T00:00:00Z', 1, 'yyyy-MM-dd')", "2027-03-01"),
        ("@addToTime('2027-01-31T00:00:00Z', 1, 'Month', 'yyyy-MM-dd')", "2027-02-28"),
        ("@subtractFromTime('2027-03-01T00:00:00Z', 1, 'Day', 'yyyy-MM-dd')", "2027-02-28"),
        ("@getPastTime(2, 'Hour', 'HH:mm')", "10:34"),
        ("@startOfHour(utcNow(), 'o')", "2027-03-28T12:00:00.0000000Z"),
        ("@startOfMonth(utcNow(), 'yyyy-MM-dd')", "2027-03-01"),
        ("@dayOfWeek('2027-03-28')", 0),
        ("@dayOfYear('2027-02-01')", 32),
        ("@formatDateTime('2027-03-05T14:05:09Z', 'dddd d MMM yy, h:mm tt')",
         "Friday 5 Mar 27, 2:05 PM"),
        ("@formatDateTime('2027-03-05T14:05:09Z', 'd')", "3/5/2027"),
        ("@formatDateTime('2027-03-05T14:05:09Z', '''week'' yyyy')", "week 2027"),
        ("@ticks('1970-01-01T00:00:01Z')", 621_355_968_010_000_000),
        ("@convertFromUtc('2027-03-28T12:00:00Z', 'W. Europe Standard Time', 'HH:mm')", "14:00"),
        ("@convertToUtc('2027-07-01T12:00:00', 'Eastern Standard Time', 'HH:mm')", "16:00"),
        ("@convertTimeZone('2027-01-01T12:00:00', 'GMT Standard Time', "
         "'Tokyo Standard Time', 'HH:mm')", "21:00"),
    ],
)  # fmt: skip
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_documents_are_resolved_all_through() -> None:
    document = {
        "a": ["@item().Name", {"type": "Expression", "value": "@add(1, 2)"}],
        "b": {"c": "x-@{pipeline().RunId}", "d": 1.5, "e": None},
    }
    assert value(document) == {"a": ["a.csv", 3], "b": {"c": "x-r-1", "d": 1.5, "e": None}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@nope('a')", "The template function 'nope' is not defined or not valid."),
        ("@concat('a'", "Unable to parse expression 'concat('a''"),
        ("@1 2", "Unable to parse expression"),
        ("@pipeline().parameters.other",
         "property 'other' doesn't exist, available properties are 'n, list, text'"),
        ("@pipeline().parameters.list[9]", "array index '9' is outside bounds (0, 1) of array"),
        ("@pipeline().RunId.x", "Property selection is not supported on values of type 'String'"),
        ("@item().tags.x.y", "property 'y' cannot be selected"),
        ("@div(1, 0)", "divide an integral or decimal value by zero in function 'div'"),
        ("@and(1, true)", "'and' expects its parameters to be boolean"),
        ("@length(5)", "'length' was called with arguments that it does not take: 5"),
        ("@toUpper(1, 2)", "'toUpper' was called with arguments that it does not take: 1, 2"),
        ("@json('{')", "'json' failed"),
        ("@substring('abc', 2, 5)", "'substring' failed: its start and length"),
        ("@range(0, 999999999)", "its count has to be between 1 and 100000"),
        ("@xpath('a', 'b')", "The sandbox does not evaluate the function 'xpath'."),
        ("@" + "not(" * 200 + "true" + ")" * 200, "nested deeper than 100"),
        ("@concat('" + "a" * 9000 + "')", "more than the 8192 allowed"),
        ("broken @{pipeline().RunId", "Unable to parse expression"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_in_the_service_s_words(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert words in str(caught.value)
