"""What only one type of state has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.sandbox.aws.states.diagnostics import (
    Diagnostic,
    missing,
    objects,
    positive,
    wrong,
)
from provisioning.sandbox.aws.states.language.choices import OPERATORS, operator_of
from provisioning.sandbox.aws.states.language.scope import is_path
from provisioning.sandbox.aws.states.supported import Knows, not_supported, unknown_parameters

Inner = Callable[[Mapping[str, Any], str], Iterator[Diagnostic]]


class KindChecks:
    """`inner` judges a set of states inside a state."""

    def __init__(self, knows: Knows, inner: Inner) -> None:
        self._knows = knows
        self._inner = inner

    def problems(self, state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        checks: dict[str, Inner] = {
            "Task": self._task,
            "Wait": self._wait,
            "Choice": self._choice,
            "Fail": self._fail,
            "Parallel": self._parallel,
            "Map": self._map,
        }
        if check := checks.get(state["Type"]):
            yield from check(state, at)

    def _task(self, state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        if "Credentials" in state:
            yield missing("the Credentials of a Task", f"{at}/Credentials")
        for field in ("TimeoutSeconds", "HeartbeatSeconds"):
            if field in state and not positive(state[field]):
                yield wrong("Expected value of type Integer", f"{at}/{field}")
        if "Resource" not in state:
            return
        unknown, absent = not_supported(state["Resource"], self._knows)
        if unknown:
            yield wrong(unknown, f"{at}/Resource")
        elif absent:
            yield missing(absent, f"{at}/Resource")
        else:
            for name in unknown_parameters(state):
                yield wrong(
                    f'The field "{name}" is not supported by Step Functions', f"{at}/Parameters"
                )

    def _wait(self, state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        fields = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
        if sum(field in state for field in fields) != 1:
            yield wrong(f"Exactly one of these fields is required: [{', '.join(fields)}]", at)
        if "Seconds" in state and not (positive(state["Seconds"]) or state["Seconds"] == 0):
            yield wrong("Expected value of type Integer", f"{at}/Seconds")

    def _choice(self, state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        rules = state.get("Choices")
        if not isinstance(rules, list) or not rules:
            yield wrong("Choices must be a non-empty array", f"{at}/Choices")
            return
        for number, rule in enumerate(rules):
            here = f"{at}/Choices[{number}]"
            if not isinstance(rule, dict) or "Next" not in rule:
                yield wrong("These fields are required: [Next]", here)
            yield from self._rule(rule, here)

    def _rule(self, rule: Any, at: str) -> Iterator[Diagnostic]:
        if not isinstance(rule, dict):
            yield wrong("Expected value of type Object", at)
            return
        inner = [*objects(rule.get("And")), *objects(rule.get("Or"))]
        inner += [rule["Not"]] if isinstance(rule.get("Not"), dict) else []
        if inner:
            for each in inner:
                yield from self._rule(each, at)
            return
        if not operator_of(rule):
            yield wrong(f"One of these fields is required: [{', '.join(sorted(OPERATORS))}]", at)
        elif not isinstance(rule.get("Variable"), str) or not is_path(rule["Variable"]):
            yield wrong("Value is not a valid JSONPath", f"{at}/Variable")
        elif operator_of(rule).endswith("Path") and not is_path(str(rule[operator_of(rule)])):
            yield wrong("Value is not a valid JSONPath", f"{at}/{operator_of(rule)}")

    def _fail(self, state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        for field in ("Error", "Cause"):
            if field in state and f"{field}Path" in state:
                yield wrong(f"Only one of these fields is allowed: [{field}, {field}Path]", at)

    def _parallel(self, state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        branches = state.get("Branches")
        if "Branches" in state and (not isinstance(branches, list) or not branches):
            yield wrong("Branches must be a non-empty array", f"{at}/Branches")
        for number, branch in enumerate(objects(branches)):
            yield from self._inner(branch, f"{at}/Branches[{number}]")

    def _map(self, state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        distributed = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")
        for field in [
            name for name in state if name in distributed or name.startswith("Tolerated")
        ]:
            yield missing(
                f"{field} of a Map, which belongs to the distributed mode", f"{at}/{field}"
            )
        field = "Iterator" if "Iterator" in state else "ItemProcessor"
        inner = state.get(field)
        if not isinstance(inner, dict):
            yield wrong("These fields are required: [ItemProcessor]", at)
            return
        if inner.get("ProcessorConfig", {}).get("Mode", "INLINE") != "INLINE":
            yield missing("the distributed mode of a Map", f"{at}/{field}/ProcessorConfig")
            return
        if "MaxConcurrency" in state and not (
            positive(state["MaxConcurrency"]) or state["MaxConcurrency"] == 0
        ):
            yield wrong("Expected value of type Integer", f"{at}/MaxConcurrency")
        yield from self._inner(inner, f"{at}/{field}")
