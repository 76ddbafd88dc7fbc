"""JSON documents by meaning: a reordered policy is no change."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from provisioning.sandbox.provider.properties import Property, text

# The members of a statement where one text and a list of that one text mean the same,
# and where the order of the list has no meaning.
_SETS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def as_text(value: Any) -> Any:
    """A document given as an object becomes JSON text, as the real provider does."""
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def parse(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def same_json(old: Any, new: Any) -> bool:
    return _equal_by(old, new, parse)


def same_policy(old: Any, new: Any) -> bool:
    """Whether two IAM policies grant the same, as far as their wording shows it."""
    return _equal_by(old, new, _policy)


def _equal_by(old: Any, new: Any, reading: Callable[[Any], Any]) -> bool:
    if old == new:
        return True
    try:
        return bool(reading(old) == reading(new))
    except (TypeError, ValueError):
        return False


def json_text(name: str, **more: Any) -> Property:
    """A property that holds a JSON object as text."""
    return text(rule=_rule(name, "JSON"), same=same_json, document=True, **more)


def policy_text(name: str, **more: Any) -> Property:
    """A property that holds an IAM policy as text."""
    return text(rule=_rule(name, "JSON policy"), same=same_policy, document=True, **more)


def _rule(name: str, what: str) -> Callable[[Any], str | None]:
    def rule(value: Any) -> str | None:
        try:
            parsed = json.loads(value)
        except ValueError as error:
            return f'"{name}" contains an invalid {what}: {error}'
        return None if isinstance(parsed, dict) else f'"{name}" is no {what}: not an object'

    return rule


def _policy(value: Any) -> Any:
    document = parse(value)
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    plain = [json.dumps(_statement(one), sort_keys=True) for one in statements]
    return {**document, "Statement": sorted(plain)}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in statement.items() if value not in ("", [], {})}
    for name in _SETS:
        if name in plain:
            plain[name] = _as_set(plain[name])
    for name in _PRINCIPALS:
        if isinstance(plain.get(name), dict):
            plain[name] = {kind: _as_set(who) for kind, who in plain[name].items()}
    if "Condition" in plain:
        plain["Condition"] = {
            test: {key: _as_set(wanted) for key, wanted in pairs.items()}
            for test, pairs in plain["Condition"].items()
        }
    return plain


def _as_set(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return sorted({json.dumps(one) if isinstance(one, bool) else str(one) for one in values})
