"""What a step changes, property by property."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.automation import EngineEvent, StepEventMetadata

from provisioning.contracts import LogEvent
from provisioning.engine import properties
from provisioning.engine.events import Translator
from provisioning.engine.properties import SECRET, UNKNOWN, UNKNOWN_MARK
from provisioning.operations.spool import LONGEST, shortened
from tests.provisioning.engine.test_event_translation import NOW, Heard

HIDDEN = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "[secret]",
}


def step(old: Any, new: Any, **more: Any) -> StepEventMetadata:
    usual = {"op": "update", "urn": "urn:a", "type": "aws:s3:Bucket", "provider": ""}
    sides = {
        side: None if inputs is None else {"inputs": inputs, "custom": True, "urn": "urn:a"}
        for side, inputs in (("old", old), ("new", new))
    }
    return StepEventMetadata.from_json({**usual, **sides, **more})


def told(old: Any, new: Any, **more: Any) -> list[tuple[str, str, str | None, str | None]]:
    found = properties.of_step(step(old, new, **more))
    return [(each.path, each.op.value, each.old, each.new) for each in found]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("a", "update", "1", "2")]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": "x"}, {}, [("a", "delete", "x", None)]),
        ({}, {"a": True}, [("a", "add", None, "true")]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a.c", "update", "2", "3")]),
        ({"t": {"x.y": "1"}}, {"t": {"x.y": "2"}}, [('t["x.y"]', "update", "1", "2")]),
        ({"a": {}}, {"a": []}, [("a", "update", "{}", "[]")]),
        ({"a": "x"}, {"a": {"b": 1}}, [("a", "update", "x", '{"b": 1}')]),
        ({"l": ["a", "c"]}, {"l": ["a", "b", "c"]}, [("l[1]", "add", None, "b")]),
        ({"l": ["a", "b"]}, {"l": ["b"]}, [("l[0]", "delete", "a", None)]),
        ({"l": [{"n": 1}]}, {"l": [{"n": 2}]}, [("l[0].n", "update", "1", "2")]),
        ({"__defaults": ["a"]}, {"__defaults": ["b"]}, []),
        ({"a": "1"}, {"a": UNKNOWN_MARK}, [("a", "update", "1", UNKNOWN)]),
        ({"a": "{no json"}, {"a": "{nor this"}, [("a", "update", "{no json", "{nor this")]),
    ],
)
def test_values_are_compared(old: Any, new: Any, expected: Any) -> None:
    assert told(old, new) == expected


def test_a_policy_is_compared_as_json() -> None:
    before = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get"]}]}
    after = {"Statement": [{"Effect": "Allow", "Action": ["s3:Get", "s3:Put"]}],
             "Version": "2012-10-17"}  # fmt: skip
    assert told({"policy": json.dumps(before)}, {"policy": json.dumps(after)}) == [
        ("policy.Statement[0].Action[1]", "add", None, "s3:Put")
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": HIDDEN}, {"a": "x"}, [("a", "update", SECRET, "x")]),
        ({}, {"a": HIDDEN}, [("a", "add", None, SECRET)]),
        ({}, {"a": {"b": HIDDEN}}, [("a.b", "add", None, SECRET)]),
        ({"a": HIDDEN}, {"a": HIDDEN}, []),
        ({"a": {"b": HIDDEN}}, {"a": "x"}, [("a", "update", SECRET, "x")]),
    ],
)
def test_a_secret_is_only_named(old: Any, new: Any, expected: Any) -> None:
    assert told(old, new) == expected


def test_what_only_the_engine_sees_is_told_as_well() -> None:
    same = {"a": HIDDEN, "b": 1}
    assert told(same, same, diffs=["a"]) == [("a", "update", SECRET, SECRET)]


def test_what_forces_a_replacement_comes_first() -> None:
    found = told({"a": 1, "name": "x"}, {"a": 2, "name": "y"}, keys=["name"])
    assert found == [("name", "replace", "x", "y"), ("a", "update", "1", "2")]
    detailed = {"name": {"diffKind": "update-replace"}, "a": {"diffKind": "update"}}
    assert properties.replacing(step({}, {}, detailedDiff=detailed)) == ("name",)


def test_too_many_are_counted() -> None:
    found = told({}, {f"p{n}": n for n in range(properties.MOST + 5)})
    assert found[-1] == ("", "more", None, "5 more")
    assert len(found) == properties.MOST + 1


@pytest.mark.parametrize("name", ["preview_replace", "up_replace"])
def test_a_recorded_replacement_says_why_and_in_which_order(name: str) -> None:
    last = [each for each in Heard(name).told if not isinstance(each, LogEvent)]
    (event,) = [each for each in last if each.op == "replace" and each.state != "running"]
    assert event.replacement
    assert (event.replacement.because, event.replacement.order) == (("kind",), "create_first")
    assert [(each.path, each.op, each.old, each.new) for each in event.properties] == [
        ("kind", "replace", "k1", "k2")
    ]


def test_the_old_one_may_have_to_go_first() -> None:
    translator = Translator(preview=True)
    metadata = {"urn": "urn:pulumi:s::p::t::a", "type": "aws:s3:Bucket", "provider": ""}
    side = {"inputs": {"name": "x"}, "custom": True, "urn": metadata["urn"], "type": "t"}
    told = []
    for key, op, more in (
        ("resourcePreEvent", "delete-replaced", {"old": side}),
        ("resOutputsEvent", "create-replacement", {"old": side, "new": side, "keys": ["name"]}),
    ):
        event = {"sequence": 1, "timestamp": 1, key: {"metadata": metadata | {"op": op} | more}}
        told += translator.translate(EngineEvent.from_json(event), NOW)
    assert told[0].replacement.order == "delete_first"


def test_what_is_the_same_or_goes_has_no_properties() -> None:
    for name in ("destroy", "preview_replace"):
        for each in Heard(name).told:
            if not isinstance(each, LogEvent) and each.op in ("same", "delete"):
                assert each.properties == ()


def test_long_values_are_cut_after_masking() -> None:
    each = {"path": "a", "op": "add", "old": None, "new": "x" * 5000}
    cut = shortened({"properties": [each]})["properties"][0]["new"]
    assert len(cut) < LONGEST + 30
    assert cut.endswith("(5,000 characters)")
