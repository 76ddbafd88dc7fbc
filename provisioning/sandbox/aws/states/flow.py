"""How data flow through a state: from its input to what it works on, and from its result on.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from provisioning.sandbox.aws.states.language.choices import chosen
from provisioning.sandbox.aws.states.language.intrinsics import is_intrinsic, read_intrinsic
from provisioning.sandbox.aws.states.language.path_text import read_path
from provisioning.sandbox.aws.states.language.paths import NotThere
from provisioning.sandbox.aws.states.language.problems import EvaluationFailed, runtime
from provisioning.sandbox.aws.states.language.scope import Scope
from provisioning.sandbox.aws.states.language.templates import filled

State = Mapping[str, Any]
Variables = dict[str, Any]
NO_CHOICE = "States.NoChoiceMatched"


@dataclass(frozen=True)
class Moment:
    """A state at work: what its fields can refer to."""

    state: State
    input: Any  # as the state was entered with
    context: Mapping[str, Any]
    variables: Mapping[str, Any]

    def scope(self, value: Any) -> Scope:
        return Scope(value=value, context=self.context, variables=self.variables)


class JsonPathFlow:
    """Of states whose QueryLanguage is JSONPath. All raise EvaluationFailed."""

    def arguments(self, moment: Moment) -> Any:
        """What the state works on: its effective input."""
        value = self._input(moment)
        if moment.state["Type"] != "Map" and "Parameters" in moment.state:
            return filled(moment.state["Parameters"], moment.scope(value))
        return value

    def passed(self, moment: Moment) -> Any:
        """The result of a Pass state."""
        return moment.state["Result"] if "Result" in moment.state else self.arguments(moment)

    def output(self, moment: Moment, result: Any) -> Any:
        """The state's output, of the result of its work."""
        state = moment.state
        if "ResultSelector" in state:
            result = filled(state["ResultSelector"], moment.scope(result))
        placed = self._placed(state.get("ResultPath", "$"), moment.input, result)
        return self._filtered(moment, "OutputPath", placed)

    def through(self, moment: Moment) -> Any:
        """The output of a state without a result of its own, such as Wait."""
        return self._filtered(moment, "OutputPath", self._input(moment))

    def assigned(
        self, moment: Moment, template: Mapping[str, Any] | None, result: Any
    ) -> Variables:
        found: Variables = filled(template or {}, moment.scope(result))
        return found

    def caught(self, moment: Moment, catcher: State, error: Mapping[str, str]) -> Any:
        """The output of a state whose error a Catch takes."""
        return self._placed(catcher.get("ResultPath", "$"), moment.input, dict(error))

    def value(self, moment: Moment, field: str) -> Any:
        """Of a field that has a twin which gives a path to the value: Seconds, SecondsPath."""
        path = moment.state.get(f"{field}Path")
        if path is None:
            return moment.state.get(field)
        return moment.scope(self._input(moment)).at(path)

    def text(self, moment: Moment, field: str) -> str | None:
        """Of Error and Cause of a Fail state, whose twin may be a function, too."""
        path = moment.state.get(f"{field}Path")
        if path is None:
            return moment.state.get(field)
        scope = moment.scope(moment.input)
        if is_intrinsic(path):
            found = read_intrinsic(path).of(scope, f"{field}Path")
        else:
            found = scope.specified(path, f"{field}Path")
        if not isinstance(found, str):
            raise runtime(f"The {field}Path field does not lead to a string: {path}")
        return found

    def chosen(self, moment: Moment) -> State | None:
        """The rule of a Choice state that applies; None for its Default."""
        scope = moment.scope(self._input(moment))
        for rule in moment.state["Choices"]:
            if chosen(rule, scope):
                found: State = rule
                return found
        return None

    def items(self, moment: Moment) -> list[Any]:
        """What a Map iterates over."""
        found = moment.scope(self._input(moment)).at(moment.state.get("ItemsPath", "$"))
        if not isinstance(found, list):
            where = moment.state.get("ItemsPath", "$")
            raise runtime(f'Reference path "{where}" must point to array.')
        return found

    def item(self, moment: Moment, item: Any) -> Any:
        """The input of one iteration; `$$.Map.Item` is in the moment's context."""
        selector = moment.state.get("ItemSelector", moment.state.get("Parameters"))
        if selector is None:
            return item
        return filled(selector, moment.scope(self._input(moment)))

    def _input(self, moment: Moment) -> Any:
        return self._filtered(moment, "InputPath", moment.input)

    def _filtered(self, moment: Moment, field: str, value: Any) -> Any:
        path = moment.state.get(field, "$")
        if path is None:
            return {}
        return value if path == "$" else moment.scope(value).at(path)

    def _placed(self, path: str | None, whole: Any, value: Any) -> Any:
        if path is None:
            return whole
        try:
            return read_path(path).put(whole, value)
        except NotThere as error:
            raise EvaluationFailed(
                "States.ResultPathMatchFailure", f"{error}: '{path}' of the state's input."
            ) from error


JSON_PATH = JsonPathFlow()


def with_item(moment: Moment, index: int, value: Any) -> Moment:
    """The moment, as the selector of a Map sees it for one item."""
    item = {"Map": {"Item": {"Index": index, "Value": value}}}
    return replace(moment, context={**moment.context, **item})
