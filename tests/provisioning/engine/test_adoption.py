"""Creations that were cut off: what the cloud has is taken over, the rest is forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from provisioning.engine.adoption import CutOff, PendingCreate, cut_off, settle
from provisioning.engine.backend import Backend


def resource(name: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:s::p::aws:iam/role:Role::{name}"
    return {"urn": urn, "type": "aws:iam/role:Role", "inputs": {"name": name}, **more}


def state(resources: list[Any], pending: list[Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": resources, "pending_operations": pending}}


def creating(name: str) -> dict[str, Any]:
    return {"resource": resource(name), "type": "creating"}


def test_what_the_cloud_has_is_put_into_the_state() -> None:
    asked: list[PendingCreate] = []

    def find(lost: PendingCreate) -> str | None:
        asked.append(lost)
        return "id of b" if lost.inputs["name"] == "b" else None

    deleting = {"resource": resource("d"), "type": "deleting"}
    before = state([resource("a")], [creating("b"), creating("c"), deleting])
    settled = settle(before, find)
    assert settled.look
    assert [each["urn"][-1] for each in settled.state["deployment"]["resources"]] == ["a", "b"]
    adopted = settled.state["deployment"]["resources"][1]
    assert (adopted["id"], adopted["outputs"]) == ("id of b", {"name": "b"})
    assert settled.state["deployment"]["pending_operations"] == []
    assert [str(lost) for lost in asked] == ["aws:iam/role:Role b", "aws:iam/role:Role c"]
    assert settled.said == (
        "aws:iam/role:Role b was created all the same, as id of b; it is taken over.",
        "aws:iam/role:Role c was not found; it has to be created anew.",
        "aws:iam/role:Role d was cut off while deleting; the cloud is asked what it is now.",
    )
    assert len(before["deployment"]["resources"]) == 1, "what was given is left as it was"


def test_the_old_one_of_a_replacement_is_not_taken_for_the_new_one() -> None:
    settled = settle(state([resource("a", id="old")], [creating("a")]), lambda _: "old")
    assert not settled.look
    assert len(settled.state["deployment"]["resources"]) == 1
    gone = resource("a", id="old", delete=True)
    assert settle(state([gone], [creating("a")]), lambda _: "new").look


def test_a_deletion_that_was_cut_off_is_not_believed() -> None:
    deleting = {"resource": resource("d", id="d"), "type": "deleting"}
    assert settle(state([resource("d", id="d")], [deleting]), lambda _: None).look
    creating_anew = settle(state([], [creating("a")]), lambda _: None)
    assert not creating_anew.look, "nothing is known of it that could be wrong"


def test_steps_that_were_cut_off_are_seen_in_the_checkpoint(tmp_path: Path) -> None:
    backend = Backend(tmp_path, tmp_path, project="p", stack="s", passphrase="words")
    assert cut_off(backend) == ()
    backend.checkpoint.parent.mkdir(parents=True)
    role = CutOff("creating", "aws:iam/role:Role", "a")
    for pending, seen in (([creating("a")], (role,)), ([], ()), (None, ())):
        latest = {"pending_operations": pending} if pending is not None else None
        backend.checkpoint.write_text(json.dumps({"checkpoint": {"latest": latest}}))
        assert cut_off(backend) == seen
