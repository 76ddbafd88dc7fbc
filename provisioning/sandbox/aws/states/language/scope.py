"""What an expression can refer to: `$`, `$$` and variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.aws.states.language.path_text import read_path
from provisioning.sandbox.aws.states.language.paths import BadPath, NotThere
from provisioning.sandbox.aws.states.language.problems import runtime

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)(.*)", re.DOTALL)


@dataclass(frozen=True)
class Scope:
    value: Any  # what `$` is
    context: Mapping[str, Any]  # what `$$` is
    variables: Mapping[str, Any]

    def find(self, text: str) -> Any:
        """What a path leads to; raises NotThere."""
        if text.startswith("$$"):
            return read_path(text[1:]).find(self.context)
        if named := _VARIABLE.fullmatch(text):
            if named[1] not in self.variables:
                raise NotThere(f"No variable named '{named[1]}'")
            return read_path(f"${named[2]}").find(self.variables[named[1]])
        return read_path(text).find(self.value)

    def at(self, text: str) -> Any:
        """What a path of a field such as InputPath leads to; raises EvaluationFailed."""
        try:
            return self.find(text)
        except NotThere as error:
            raise runtime(f"Invalid path '{text}' : {error}") from error

    def specified(self, text: str, field: str) -> Any:
        """What a path leads to that a field of a template names; raises EvaluationFailed."""
        try:
            return self.find(text)
        except NotThere as error:
            raise runtime(
                f"The JSONPath '{text}' specified for the field '{field}' could not be found in "
                f"the input '{written(self.value)}'"
            ) from error


def check_path(text: str) -> None:
    """Raises BadPath for what can be no path in any scope."""
    named = _VARIABLE.fullmatch(text)
    if text.startswith("$$"):
        read_path(text[1:])
    else:
        read_path(f"${named[2]}" if named else text)


def is_path(text: str) -> bool:
    try:
        check_path(text)
    except BadPath:
        return False
    return True


def written(value: Any) -> str:
    """JSON as Step Functions writes it into its history."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
