"""Resources whose creation a crash cut off.

The engine writes down what it is about to create, and its provider may well finish after
the engine is dead. Then the cloud has a resource that the state has not, and the next `up`
makes a second one or finds the name taken. `pulumi refresh` can only forget such resources
(its --import-pending-creates marks them, and nothing reads the mark). So the state is
exported, what the cloud turns out to have is put into it, and a refresh reads the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.engine.backend import Backend


@dataclass(frozen=True)
class PendingCreate:
    """A resource whose creation had begun when the engine died; nobody knows how it went."""

    urn: str
    kind: str  # "aws:iam/role:Role"
    inputs: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.kind} {_name(self.urn)}"


Find = Callable[[PendingCreate], str | None]  # its id in the cloud


@dataclass(frozen=True)
class Settled:
    state: dict[str, Any]  # as `pulumi stack import` reads it
    look: bool  # whether the cloud has to be asked what it has: the state has to be refreshed
    said: tuple[str, ...]  # a sentence for each resource


@dataclass(frozen=True)
class CutOff:
    """A step that was under way when the engine died."""

    step: str  # "creating", "updating", "deleting", "reading" or "importing"
    kind: str
    name: str


def cut_off(backend: Backend) -> tuple[CutOff, ...]:
    """What the engine's state says is still under way."""
    try:
        state = json.loads(backend.checkpoint.read_text())
    except FileNotFoundError:
        return ()
    return tuple(
        CutOff(each["type"], each["resource"]["type"], _name(each["resource"]["urn"]))
        for each in _pending(state.get("checkpoint", {}).get("latest"))
    )


def settle(state: dict[str, Any], find: Find) -> Settled:
    """`state` as `pulumi stack export` writes it, with every cut-off creation settled.

    Of a change or a deletion that was cut off the state keeps what was before, and the engine
    would believe it: an `up` would not make again what is gone. So the cloud is asked as well.
    """
    deployment = dict(state["deployment"])
    resources = list(deployment.get("resources") or ())
    known = {each["urn"] for each in resources if not each.get("delete")}
    said = []
    for cut_off in filter(_is_create, _pending(deployment)):
        resource = cut_off["resource"]
        lost = PendingCreate(resource["urn"], resource["type"], resource.get("inputs", {}))
        # Of a replacement the old one is still known, and by its name the same would be found.
        found = None if lost.urn in known else find(lost)
        if found:
            resources.append({**resource, "id": found, "outputs": resource.get("inputs", {})})
            said.append(f"{lost} was created all the same, as {found}; it is taken over.")
        else:
            said.append(f"{lost} was not found; it has to be created anew.")
    others = [each for each in _pending(deployment) if not _is_create(each)]
    for each in others:
        what = f"{each['resource']['type']} {_name(each['resource']['urn'])}"
        said.append(f"{what} was cut off while {each['type']}; the cloud is asked what it is now.")
    adopted = len(resources) > len(deployment.get("resources") or ())
    deployment["resources"] = resources
    deployment["pending_operations"] = []
    return Settled({**state, "deployment": deployment}, adopted or bool(others), tuple(said))


def _pending(deployment: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return list((deployment or {}).get("pending_operations") or ())


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _is_create(operation: Mapping[str, Any]) -> bool:
    return bool(operation["type"] == "creating")
