"""Creations that were cut off: what the cloud has is taken over, the rest is forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from provisioning.engine.adoption import PendingCreate, has_pending_creates, settle
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
    assert settled.adopted
    assert [each["urn"][-1] for each in settled.state["deployment"]["resources"]] == ["a", "b"]
    adopted = settled.state["deployment"]["resources"][1]
    assert (adopted["id"], adopted["outputs"]) == ("id of b", {"name": "b"})
    assert settled.state["deployment"]["pending_operations"] == [deleting]
    assert [str(lost) for lost in asked] == ["aws:iam/role:Role b", "aws:iam/role:Role c"]
    assert settled.said == (
        "aws:iam/role:Role b was created all the same, as id of b; it is taken over.",
        "aws:iam/role:Role c was not found; it has to be created anew.",
    )
    assert len(before["deployment"]["resources"]) == 1, "what was given is left as it was"


def test_the_old_one_of_a_replacement_is_not_taken_for_the_new_one() -> None:
    settled = settle(state([resource("a", id="old")], [creating("a")]), lambda _: "old")
    assert not settled.adopted
    assert len(settled.state["deployment"]["resources"]) == 1
    gone = resource("a", id="old", delete=True)
    assert settle(state([gone], [creating("a")]), lambda _: "new").adopted


def test_cut_off_creations_are_seen_in_the_checkpoint(tmp_path: Path) -> None:
    backend = Backend(tmp_path, tmp_path, project="p", stack="s", passphrase="words")
    assert not has_pending_creates(backend)
    backend.checkpoint.parent.mkdir(parents=True)
    for pending, seen in (([creating("a")], True), ([], False), (None, False)):
        latest = {"pending_operations": pending} if pending is not None else None
        backend.checkpoint.write_text(json.dumps({"checkpoint": {"latest": latest}}))
        assert has_pending_creates(backend) is seen
