"""What differs between two Versions is said in the words of the form."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dashboard.models import Pipeline, User
from dashboard.services import pipelines
from dashboard.services.version_changes import Change, changes


@pytest.fixture
def since(pipeline: Pipeline, member: User) -> Any:
    """What an edit changes."""

    def changed(**edit: Any) -> tuple[Change, ...]:
        before = pipeline.current_version
        assert before
        after = pipelines.update(actor=member, pipeline=pipeline, **edit)
        return changes(pipeline, before, after)

    return changed


def test_a_setting_is_called_as_in_its_form(since: Any, example: dict[str, Any]) -> None:
    settings = copy.deepcopy(example)
    settings["steps"][0]["instance_type"] = "ml.m5.4xlarge"
    settings["parameters"][2]["default"] = "0.5"
    found = since(settings=settings)
    assert [(each.where, each.before, each.after) for each in found] == [
        (("Parameters", "LargestLoss", "Default"), "0.6", "0.5"),
        (("Steps", "prepare", "Instance type"), "ml.m5.xlarge", "ml.m5.4xlarge"),
    ]
    assert {each.kind for each in found} == {"changed"}


def test_entries_come_go_and_change_places(since: Any, example: dict[str, Any]) -> None:
    settings = copy.deepcopy(example)
    settings["parameters"] = [
        settings["parameters"][1], settings["parameters"][0],
        {"name": "Extra", "type": "String", "default": "x"}, settings["parameters"][2],
    ]  # fmt: skip
    found = since(settings=settings)
    assert [(each.where, each.kind) for each in found] == [
        (("Parameters", "Extra"), "added"),
        (("Parameters", "Order"), "changed"),
    ]


def test_a_long_text_is_compared_line_by_line(since: Any, example: dict[str, Any]) -> None:
    settings = copy.deepcopy(example)
    settings["steps"][0]["entrypoint"][2] = "import this\nprint('done')"
    (found,) = since(settings=settings)
    assert found.where == ("Steps", "prepare", "Entry point")
    assert any(line.startswith("+") and "print('done')" in line for line in found.lines)


def test_triggers_are_told_in_sentences(since: Any) -> None:
    hourly = {"key": "t1", "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}
    extra = {"kind": "webhook"}
    (changed, added) = since(triggers=[hourly, extra])
    assert changed.where == ("Triggers", "Schedule t1")
    assert "06:00" in str(changed.before) and changed.after == "Every hour, UTC"
    assert (added.where, added.kind) == (("Triggers", "Webhook t2"), "added")


def test_what_a_sentence_does_not_tell_is_told_as_well(since: Any) -> None:
    (found,) = since(triggers=[{
        "key": "t1", "kind": "schedule", "cron": "0 6 * * *", "timezone": "Europe/Berlin",
        "grace_minutes": 45,
    }])  # fmt: skip
    assert found == Change(("Triggers", "Schedule t1", "Grace, minutes"), None, "45")


def test_equal_versions_have_no_changes(since: Any) -> None:
    assert since(note="again") == ()
