"""Preview, up, refresh and destroy with the real engine."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.contracts import Changes, LogEvent, PhaseEvent, ResourceEvent, TriggerState
from tests.provisioning.operations.tiny_stack import TinyStack

pytestmark = pytest.mark.engine

Things = dict[str, dict[str, Any]]
TWO: Things = {"one": {"value": "1", "kind": "a"}, "two": {"value": "2"}}


def test_a_stack_from_its_first_preview_to_its_end(stack: TinyStack, things: Things) -> None:
    preview = stack.run("preview", TWO, say=["hello"])
    assert preview.code == 0
    assert preview.outcome.status == "succeeded", preview.outcome.error
    assert preview.outcome.changes == Changes(create=2)
    assert preview.outcome.outputs is None
    assert "hello" in preview.lines
    assert "Resources: 2 to create" in preview.lines
    assert things == {}, "a preview changes nothing"

    up = stack.run("up", TWO)
    assert up.outcome.status == "succeeded", up.outcome.error
    assert up.outcome.changes == Changes(create=2)
    assert up.outcome.outputs == {"things": ["thing-1", "thing-2"]}, "and no secret ones"
    assert up.outcome.engine == f"pulumi {stack.engine.version}"
    assert [proof.state for proof in up.outcome.proofs] == [TriggerState.ACTIVE]
    assert len(things) == 2

    again = stack.run("up", TWO)
    assert again.outcome.changes == Changes(same=2)
    assert again.outcome.outputs == up.outcome.outputs

    changed = {**TWO, "one": {"value": "9", "kind": "a"}}
    assert stack.run("up", changed).outcome.changes == Changes(update=1, same=1)
    replaced = {**TWO, "one": {"value": "9", "kind": "b"}}
    assert stack.run("up", replaced).outcome.changes == Changes(replace=1, same=1)
    assert len(things) == 2

    next(iter(things.values()))["value"] = "drifted"
    refresh = stack.run("refresh")
    assert refresh.outcome.changes == Changes(update=1, same=1)
    (drift,) = refresh.outcome.drifts
    assert "became drifted" in drift.sentence
    assert (drift.sentence, "warning") in [
        (each.text, each.level) for each in refresh.events if isinstance(each, LogEvent)
    ]
    assert up.outcome.drifts == stack.run("refresh").outcome.drifts == ()

    destroy = stack.run("destroy")
    assert destroy.outcome.changes == Changes(delete=2)
    assert things == {}
    assert stack.run("up", TWO).outcome.changes == Changes(create=2), "it can come back"


def test_a_check_finds_what_a_refresh_would_and_saves_nothing(
    stack: TinyStack, things: Things
) -> None:
    stack.run("up", TWO)
    state = stack.folder / "state/.pulumi/stacks/skyclock-tiny/tiny-stack.json"
    history = stack.folder / "state/.pulumi/history"
    before = state.read_bytes(), sorted(history.rglob("*"))
    next(iter(things.values()))["value"] = "drifted"
    as_found = {id: dict(thing) for id, thing in things.items()}

    for _ in range(2):  # what a check saved would hide it from the next one
        check = stack.run("check")
        assert check.outcome.status == "succeeded", check.outcome.error
        (drift,) = check.outcome.drifts
        assert drift.sentence.endswith("became drifted.")
        assert (drift.path, drift.new, drift.gone) == ("value", "drifted", False)
        assert drift.urn.endswith("::one") or drift.urn.endswith("::two")
        assert drift.acceptance is not None
        assert check.outcome.outputs is None
        assert (state.read_bytes(), sorted(history.rglob("*"))) == before
        assert things == as_found
    assert "before check" not in stack.diary, "nothing is stopped or started for it"

    things.clear()
    gone = stack.run("check").outcome.drifts
    assert [each.gone for each in gone] == [True, True]
    assert stack.run("up", TWO).outcome.changes == Changes(same=2), "the state was left alone"


def test_a_check_of_a_stack_that_was_lost_says_so(stack: TinyStack) -> None:
    check = stack.run("check")
    assert check.outcome.status == "failed"
    assert check.outcome.error and "no state of this stack" in check.outcome.error.summary


def test_phases_come_in_order_and_hooks_around_the_engine(stack: TinyStack) -> None:
    up = stack.run("up", TWO)
    phases = [(e.phase.value, e.state) for e in up.events if isinstance(e, PhaseEvent)]
    assert phases == [
        ("prepare", "started"),
        ("prepare", "finished"),
        ("apply", "started"),
        ("apply", "finished"),
        ("verify", "started"),
        ("verify", "finished"),
    ]
    assert stack.diary == [
        "before up",
        "after up undo fine",
        'verify {"things": ["thing-1", "thing-2"]}',
    ]


def test_what_is_done_around_the_engine_is_told_in_the_log(stack: TinyStack) -> None:
    up = stack.run("up", TWO)
    said = [line for line in up.lines if line.startswith("The trigger")]
    assert said == ["The trigger is stopped.", "The trigger is started."]


def test_what_cannot_be_finished_after_the_engine_fails_the_deployment(stack: TinyStack) -> None:
    up = stack.run("up", TWO, unfinished=True)
    assert up.outcome.status == "failed"
    assert up.outcome.error and up.outcome.error.summary == "The trigger does not start."
    assert up.outcome.error.hint == "Look at Conflict."
    assert up.outcome.proofs, "the triggers were read back all the same"
    assert stack.run("up", TWO).outcome.changes == Changes(same=2)


def test_a_failure_of_the_engine_is_not_lost_for_what_comes_after(stack: TinyStack) -> None:
    broken: Things = {"one": {"refuse": "AccessDenied: You are not authorized."}}
    up = stack.run("up", broken, unfinished=True)
    assert up.outcome.status == "failed"
    assert up.outcome.error and "trigger" not in up.outcome.error.summary
    assert "The trigger does not start." in up.lines


def test_a_plan_is_applied_as_it_was_previewed(stack: TinyStack) -> None:
    stack.run("preview", TWO, plan="plan.json")
    assert stack.run("up", TWO, plan="plan.json").outcome.changes == Changes(create=2)


def test_a_plan_that_does_not_fit_is_refused_with_what_to_do(
    stack: TinyStack, things: Things
) -> None:
    stack.run("preview", {"one": {"value": "1"}}, plan="plan.json")
    other = stack.run("up", {"one": {"value": "other"}}, plan="plan.json")
    assert other.outcome.status == "failed"
    assert other.outcome.error is not None
    assert "new preview" in str(other.outcome.error.hint)
    assert things == {}


def test_a_refusal_of_the_cloud_is_told_in_its_words_and_can_be_tried_again(
    stack: TinyStack, things: Things
) -> None:
    refuse = (
        "creating Thing (two): operation error Tiny: CreateThing, https response error "
        "StatusCode: 403, RequestID: 12-34, AccessDenied: You are not authorized."
    )
    failed = stack.run("up", {**TWO, "two": {"refuse": refuse}})
    assert failed.code == 0
    assert failed.outcome.status == "failed"
    error = failed.outcome.error
    assert error is not None
    assert error.summary == "Thing two could not be created (AccessDenied)"
    assert error.cloud_message == "You are not authorized."
    assert str(error.resource).endswith("::two")
    assert error.hint == "Look at AccessDenied."
    assert failed.outcome.changes == Changes(create=1), "what exists now is told"
    assert stack.diary[-2] == "after up undo failed"
    assert len(things) == 1
    states = [(e.name, e.state) for e in failed.events if isinstance(e, ResourceEvent)]
    assert states[-1] == ("two", "failed")

    again = stack.run("up", TWO)
    assert again.outcome.changes == Changes(create=1, same=1)


def test_a_fault_in_the_program_fails_with_its_reason(stack: TinyStack) -> None:
    ended = stack.run("up", TWO, fault="steps")
    assert ended.outcome.error is not None
    assert "'steps'" in ended.outcome.error.summary
    assert any("Traceback" in line for line in ended.lines)


def test_a_hook_that_may_not_enter_the_cloud_starts_no_engine(stack: TinyStack) -> None:
    ended = stack.run("up", TWO, deny=True)
    assert ended.outcome.status == "failed"
    assert ended.outcome.error is not None
    assert ended.outcome.error.cloud_message == "You may not."
    assert ended.outcome.error.hint == "Look at AccessDenied."
    assert not (stack.folder / "state" / ".pulumi").exists()


def test_what_this_release_refuses_can_still_be_destroyed(stack: TinyStack) -> None:
    stack.run("up", TWO)
    refused = stack.run("up", TWO, refused=True)
    assert refused.outcome.error is not None
    assert refused.outcome.error.summary == "This cannot be taken exactly."
    assert stack.run("destroy", refused=True).outcome.changes == Changes(delete=2)


def test_triggers_that_cannot_be_read_back_are_unknown(stack: TinyStack) -> None:
    up = stack.run("up", TWO, blind=True)
    assert up.outcome.status == "succeeded", "what was deployed is deployed"
    assert [proof.state for proof in up.outcome.proofs] == [TriggerState.UNKNOWN]
    assert any("read back" in line for line in up.lines)


def test_a_provider_that_does_not_answer_is_a_sentence(stack: TinyStack) -> None:
    stack.provider = "127.0.0.1:1"
    ended = stack.run("up", TWO)
    assert ended.outcome.status == "failed"
    assert ended.outcome.error is not None
    assert "did not begin responding" in str(ended.outcome.error.cloud_message)


def test_another_passphrase_is_refused_in_words(stack: TinyStack, monkeypatch: Any) -> None:
    stack.run("up", TWO)
    monkeypatch.setattr("tests.provisioning.operations.tiny_stack.PASSPHRASE", "quite another")
    ended = stack.run("up", TWO)
    assert ended.outcome.status == "failed"
    assert ended.outcome.error is not None
    assert "incorrect passphrase" in ended.outcome.error.summary


def test_a_work_folder_that_was_lost_is_made_again(stack: TinyStack) -> None:
    stack.run("up", TWO)
    for path in (stack.folder / "work").iterdir():
        path.unlink()
    assert stack.run("up", TWO).outcome.changes == Changes(same=2)
    assert stack.run("destroy").outcome.changes == Changes(delete=2)


def test_an_up_leaves_alone_what_is_named_to_it(stack: TinyStack, things: Things) -> None:
    """A retry from here: of what was done before not even a difference is looked for."""
    refuse = "AccessDenied: no"
    failed = stack.run("up", {**TWO, "two": {"refuse": refuse}})
    done = {e.urn for e in failed.events if isinstance(e, ResourceEvent) and e.state == "done"}
    assert len(done) == 1
    other = {**TWO, "one": {"value": "other"}, "three": {"value": "3"}}
    ended = stack.run("up", other, untouched=tuple(done))
    assert ended.outcome.status == "succeeded", ended.outcome.error
    assert ended.outcome.changes == Changes(create=2, same=1)
    assert len(things) == 3
    assert stack.run("up", other).outcome.changes.same == 2, "the other value is seen now"


@pytest.mark.parametrize("left", ["", "encryptionsalt: v1:abc", "config:\n  aws:reg"])
def test_settings_that_a_kill_left_half_written_stop_nothing(stack: TinyStack, left: str) -> None:
    stack.run("up", TWO)
    (settings,) = (stack.folder / "work").glob("Pulumi.*.yaml")
    settings.write_text(left)
    again = stack.run("up", TWO)
    assert again.outcome.status == "succeeded", again.outcome.error
    assert again.outcome.changes == Changes(same=2)
