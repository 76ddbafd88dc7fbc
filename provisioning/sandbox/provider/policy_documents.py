"""`aws.iam.get_policy_document()`: statements to the JSON of an IAM policy."""

from __future__ import annotations

import json
import zlib
from typing import Any

from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.values import Properties

_LISTS = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}


def policy_document(cloud: Cloud, arguments: Properties) -> Properties:
    document: dict[str, Any] = {"Version": arguments.get("version", "2012-10-17")}
    if "policyId" in arguments:
        document["Id"] = arguments["policyId"]
    statements = _from_documents(arguments.get("sourcePolicyDocuments", []))
    statements += [_statement(one) for one in arguments.get("statements", [])]
    document["Statement"] = _overridden(
        statements, _from_documents(arguments.get("overridePolicyDocuments", []))
    )
    minified = json.dumps(document, separators=(",", ":"))
    return {
        **arguments,
        "id": str(zlib.crc32(minified.encode())),
        "json": json.dumps(document, indent=2),
        "minifiedJson": minified,
    }


def _from_documents(documents: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in documents:
        statements = json.loads(text).get("Statement", [])
        found += statements if isinstance(statements, list) else [statements]
    return found


def _overridden(
    statements: list[dict[str, Any]], overrides: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """A statement with the same Sid takes the place of the earlier one."""
    sids = {one["Sid"] for one in overrides if one.get("Sid")}
    return [one for one in statements if one.get("Sid") not in sids] + overrides


def _statement(given: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    statement["Effect"] = given.get("effect", "Allow")
    for name, key in _LISTS.items():
        if given.get(name):
            statement[key] = _one_or_many(given[name])
    for name, key in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(name):
            statement[key] = _principals(given[name])
    if given.get("conditions"):
        statement["Condition"] = _conditions(given["conditions"])
    return statement


def _principals(given: list[dict[str, Any]]) -> Any:
    if any(one["type"] == "*" for one in given):
        return "*"
    merged: dict[str, list[str]] = {}
    for one in given:
        merged.setdefault(one["type"], []).extend(one["identifiers"])
    return {kind: _one_or_many(who) for kind, who in merged.items()}


def _conditions(given: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for one in given:
        merged.setdefault(one["test"], {})[one["variable"]] = _one_or_many(one["values"])
    return merged


def _one_or_many(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values
