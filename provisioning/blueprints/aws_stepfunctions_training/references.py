"""`${…}` in a text field of the form: a value that is known only when the machine runs.

    ${Parameters.InputData}   a parameter of the pipeline
    ${Prepared.path}          what the function that prepares the data answered
    ${Execution.Name}         about the run itself

Any other `${…}` is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EXECUTION_VARIABLES = ("Name", "Id", "StartTime")
PREPARED = "$.prepared.Payload"

_PLACE = re.compile(r"\$\{((?:Parameters|Prepared|Execution)\.[^${}]*)\}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ESCAPED = re.compile(r"[\\'{}]")


@dataclass(frozen=True)
class Reference:
    """What stands between the braces: "Parameters.InputData"."""

    text: str

    @property
    def parameter(self) -> str | None:
        return self._after("Parameters.")

    @property
    def prepared(self) -> str | None:
        return self._after("Prepared.")

    @property
    def variable(self) -> str | None:
        return self._after("Execution.")

    @property
    def path(self) -> str:
        """Where the state that runs the job finds it."""
        if self.parameter is not None:
            return f"$.{self.parameter}"
        if self.prepared is not None:
            return f"{PREPARED}.{self.prepared}"
        return f"$$.{self.text}"

    def wrong(self, parameters: frozenset[str], *, prepares: bool) -> str:
        """What is the matter with it, or nothing."""
        if self.parameter is not None:
            known = self.parameter in parameters
            return "" if known else f"There is no parameter '{self.parameter}'."
        if self.prepared is not None:
            if not prepares:
                return "No function prepares the data: there is nothing that it answered."
            named = all(_NAME.fullmatch(part) for part in self.prepared.split("."))
            return "" if named else "Write names with dots between them: ${Prepared.data.path}."
        if self.variable not in EXECUTION_VARIABLES:
            return f"A run has no '{self.variable}'. It has: {', '.join(EXECUTION_VARIABLES)}."
        return ""

    def _after(self, start: str) -> str | None:
        return self.text.removeprefix(start) if self.text.startswith(start) else None


def pieces(text: str) -> list[str | Reference]:
    parts = _PLACE.split(text)
    found = [Reference(part) if at % 2 else part for at, part in enumerate(parts)]
    return [piece for piece in found if piece != ""]


def references(text: str) -> list[Reference]:
    return [piece for piece in pieces(text) if isinstance(piece, Reference)]


def template(value: Any) -> Any:
    """Plain data as Parameters of a state: what has a reference is put together there. A list
    of texts cannot be; the requests that are made here have none."""
    if isinstance(value, Mapping):
        return dict(_member(key, inner) for key, inner in value.items())
    if isinstance(value, list):
        return [template(inner) for inner in value]
    return value


def _member(key: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, str) and references(value):
        return f"{key}.$", expression(value)
    return key, template(value)


def expression(text: str) -> str:
    """An intrinsic function that makes the text: also of a number, which jobs want as text."""
    found = pieces(text)
    written = "".join("{}" if isinstance(piece, Reference) else _quoted(piece) for piece in found)
    paths = [piece.path for piece in found if isinstance(piece, Reference)]
    return f"States.Format('{written}', {', '.join(paths)})"


def _quoted(text: str) -> str:
    return _ESCAPED.sub(lambda match: "\\" + match[0], text)


def filled(text: str, values: Mapping[str, str | None]) -> str:
    """With the parameters' values, as far as they are known; cut off where one is not."""
    whole = ""
    for piece in pieces(text):
        value = values.get(piece.parameter or "") if isinstance(piece, Reference) else piece
        if value is None:
            break
        whole += value
    return whole
