"""Recorded streams of the real engine, as people get to see them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent, StepEventMetadata

from provisioning.contracts import Changes, LogEvent, ResourceEvent, ResourceOp
from provisioning.engine import differences
from provisioning.engine.differences import SECRET_MARK
from provisioning.engine.events import Translator, without_secrets

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
THING = "aws:tiny/thing:Thing"
RECORDED = Path(__file__).parent / "recorded"


class Heard:
    def __init__(self, name: str) -> None:
        self.translator = Translator(preview=name.startswith("preview"))
        texts = (RECORDED / f"{name}.jsonl").read_text().splitlines()
        events = [EngineEvent.from_json(json.loads(text)) for text in texts]
        self.told = [told for event in events for told in self.translator.translate(event, NOW)]

    @property
    def lines(self) -> list[str]:
        return [told.text for told in self.told if isinstance(told, LogEvent)]

    @property
    def resources(self) -> list[tuple[str, str, str]]:
        return [
            (told.name, told.op.value, told.state)
            for told in self.told
            if isinstance(told, ResourceEvent)
        ]


def test_a_preview_plans_each_resource_once() -> None:
    heard = Heard("preview_create")
    assert heard.resources == [
        ("c", "create", "planned"),
        ("a", "create", "planned"),
        ("b", "create", "planned"),
    ]
    assert heard.lines == [
        "hello from program",
        "+ aws:tiny/thing:Thing a will be created",
        "+ aws:tiny/thing:Thing b will be created",
    ]
    assert heard.translator.changes == Changes(create=3)


def test_an_up_says_what_begins_and_what_is_done() -> None:
    heard = Heard("up_create")
    assert heard.resources == [
        ("c", "create", "done"),
        ("a", "create", "running"),
        ("a", "create", "done"),
        ("b", "create", "running"),
        ("b", "create", "done"),
    ]
    assert heard.lines[1] == "+ aws:tiny/thing:Thing a creating"
    assert heard.lines[2] == "+ aws:tiny/thing:Thing a created (0.0 s)"
    assert heard.translator.ended


def test_ids_and_parents_are_those_that_people_know() -> None:
    done = [t for t in Heard("up_create").told if isinstance(t, ResourceEvent)][2]
    assert done.cloud_id == "thing-1"
    assert done.parent == "urn:pulumi:dev::proj::sky:index:Comp::c"
    component = next(t for t in Heard("up_create").told if isinstance(t, ResourceEvent))
    assert component.parent is None, "the root stack is no resource of theirs"


def test_a_planned_resource_has_no_cloud_id() -> None:
    planned = [t for t in Heard("preview_create").told if isinstance(t, ResourceEvent)]
    assert {told.cloud_id for told in planned} == {None}


@pytest.mark.parametrize(
    ("stream", "state"), [("preview_replace", "planned"), ("up_replace", "done")]
)
def test_the_three_steps_of_a_replacement_count_once(stream: str, state: str) -> None:
    heard = Heard(stream)
    assert heard.translator.changes == Changes(replace=1, same=2)
    assert [each for each in heard.resources if each[0] == "a" and each[2] == state] == [
        ("a", "replace", state)
    ]
    line = next(line for line in heard.lines if line.startswith("+-") and "kind" in line)
    assert line.endswith(": kind"), "the property that forces it is named"


def test_a_failure_names_its_resource_and_keeps_the_clouds_words() -> None:
    heard = Heard("up_failed")
    assert ("b", "update", "failed") in heard.resources
    (failure,) = heard.translator.failures
    assert failure.resource == "urn:pulumi:dev::proj::aws:tiny/thing:Thing::b"
    assert failure.op is ResourceOp.UPDATE
    assert "EntityAlreadyExists" in failure.message
    assert heard.translator.changes == Changes(same=2), "what failed is not counted"
    assert "update failed" not in heard.lines


def test_a_refresh_tells_what_the_cloud_changed() -> None:
    assert (
        "~ aws:tiny/thing:Thing b differs in the cloud (0.0 s): value"
        in Heard("refresh_drift").lines
    )
    gone = Heard("refresh_gone")
    assert gone.translator.changes == Changes(delete=2, same=1)
    assert any(line.startswith("- aws:tiny/thing:Thing a is gone") for line in gone.lines)


def test_a_refresh_tells_each_difference_with_its_values() -> None:
    (found,) = Heard("refresh_drift").translator.differences
    assert (found.kind, found.name, found.path) == (THING, "b", "value")
    assert (found.expected, found.found) == (1, "drift")
    assert (found.before, found.after) == ({"value": 1}, {"value": "drift"})
    assert found.urn.endswith("::b")
    gone = Heard("refresh_gone").translator.differences
    assert [(each.kind, each.name, each.path) for each in gone] == [(THING, n, "") for n in "ba"]
    for stream in ("up_create", "up_replace", "preview_replace", "destroy"):
        assert Heard(stream).translator.differences == []


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("plain", (1, 2)),
        ("deep.list[1].name", ("x", "y")),
        ('tags["a.b"]', ("old", "new")),
        ("only_out", ("o", "p")),
        ("token", (None, None)),
        ("deep.absent[7]", (None, None)),
        ("plain.deeper", (None, None)),
    ],
)
def test_values_are_found_by_their_path(path: str, values: tuple[Any, Any]) -> None:
    def state(*told: Any) -> dict[str, Any]:
        plain, name, tag, out, token = told
        inputs = {"plain": plain, "deep": {"list": [{}, {"name": name}]}, "tags": {"a.b": tag},
                  "token": {SECRET_MARK: "1b47", "ciphertext": token}}  # fmt: skip
        return {"type": THING, "urn": "u", "inputs": inputs, "outputs": {"only_out": out}}

    step = StepEventMetadata.from_json(
        {"op": "update", "urn": "u::thing", "type": THING, "provider": "", "diffs": [path],
         "old": state(1, "x", "old", "o", "[one]"), "new": state(2, "y", "new", "p", "[two]")}
    )  # fmt: skip
    (found,) = differences.of_update(step, "thing")
    assert (found.expected, found.found) == values


def test_a_destroy_deletes_components_too() -> None:
    assert Heard("destroy").translator.changes == Changes(delete=3)


@pytest.mark.parametrize("stream", [path.stem for path in RECORDED.glob("*.jsonl")])
def test_debug_noise_providers_and_secrets_are_never_told(stream: str) -> None:
    text = "".join(told.model_dump_json() for told in Heard(stream).told)
    for unwanted in ("pulumi:providers", "hush", "4dabf181", "Cancelling", "registering"):
        assert unwanted not in text


def test_outputs_leave_secrets_out_however_deep() -> None:
    assert Heard("up_create").translator.outputs == {"plain": "x"}
    secret = {"4dabf18193072939515e22adb298388d": "1b47", "ciphertext": "[secret]"}
    outputs: dict[str, Any] = {"a": [1, {"b": secret}], "c": {"d": "fine"}}
    assert without_secrets(outputs) == {"c": {"d": "fine"}}


def diagnostic(**fields: Any) -> EngineEvent:
    return EngineEvent.from_json(
        {"sequence": 1, "timestamp": 1, "diagnosticEvent": {"color": "never", **fields}}
    )


def test_colours_are_taken_out_and_lines_apart() -> None:
    event = diagnostic(message="\x1b[31mfirst\x1b[0m\n<{%reset%}>second\n\n", severity="warning")
    told = list(Translator().translate(event, NOW))
    assert [(each.text, each.level) for each in told if isinstance(each, LogEvent)] == [
        ("first", "warning"),
        ("second", "warning"),
    ]


def test_the_same_error_is_told_once() -> None:
    translator = Translator()
    texts = ("boom", "boom", "an unhandled error occurred: boom", "update failed")
    told = [
        each
        for text in texts
        for each in translator.translate(diagnostic(message=text, severity="error"), NOW)
    ]
    assert len(told) == 1
    assert len(translator.failures) == 1


def test_what_the_engine_says_to_a_keyboard_is_said_in_other_words() -> None:
    event = EngineEvent.from_json(
        {"sequence": 1, "timestamp": 1, "stdoutEvent": {"message": "^C received; x", "color": ""}}
    )
    (told,) = Translator().translate(event, NOW)
    assert isinstance(told, LogEvent)
    assert told.text.startswith("Cancelling")
