"""One call of a method of Google's APIs, as the operations see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.google.accounts import Caller
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.rest import RestRequest, RestResponse

_SUBJECTS = ("name", "parent", "resource", "logName", "topic", "subscription", "project",
             "projectId")  # fmt: skip


@dataclass(frozen=True)
class Call:
    """`parameters` are those of path and query together, by the API's own names."""

    method: str  # its id
    caller: Caller
    parameters: Mapping[str, str]
    body: dict[str, Any]
    request: RestRequest

    def __getitem__(self, name: str) -> str:
        """A parameter, "" when it was not given."""
        return self.parameters.get(name, "")

    @property
    def resource(self) -> str:
        """What the call is about: its full name, or that of the collection's parent, or the
        project, which some methods name by its id alone."""
        name = next((self[name] for name in _SUBJECTS if self[name]), "")
        return name if "/" in name or not name else f"projects/{name}"

    @property
    def project(self) -> str:
        return part(self.resource, "projects")

    @property
    def location(self) -> str:
        return part(self.resource, "locations")

    def flag(self, name: str) -> bool:
        return self[name].lower() == "true"

    def number(self, name: str, default: int) -> int:
        text = self[name] or str(default)
        if not text.lstrip("-").isdigit():
            message = f"Invalid value at '{name}' (TYPE_INT32), \"{text}\""
            raise refusal("INVALID_ARGUMENT", message)
        return int(text)


Answer = RestResponse | Mapping[str, Any]
Operation = Callable[[Call], Answer]


@dataclass(frozen=True)
class Guarded:
    """An operation whose permission does not follow from its method's id; none: it looks
    itself. `locked` is as in Route."""

    operation: Operation
    permission: str = ""
    locked: bool = True


Operations = Mapping[str, Operation | Guarded]


def part(name: str, collection: str) -> str:
    """The id that follows a collection's name in a full name: `part(name, "locations")`."""
    pieces = name.split("/")
    return next((pieces[n + 1] for n in range(0, len(pieces) - 1, 2) if pieces[n] == collection),
                "")  # fmt: skip


def parent_of(name: str) -> str:
    """`projects/p/locations/l` of `projects/p/locations/l/triggers/t`."""
    return "/".join(name.split("/")[:-2])


def short(name: str) -> str:
    return name.rpartition("/")[2]


def not_found(name: str) -> Exception:
    return refusal("NOT_FOUND", f"Resource '{name}' was not found")


def exists(name: str) -> Exception:
    return refusal("ALREADY_EXISTS", f"Resource '{name}' already exists")
