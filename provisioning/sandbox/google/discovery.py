"""Google's own descriptions of its APIs, which ship with googleapiclient: the paths of the
methods, their parameters, and what a request's body may have."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import googleapiclient.discovery_cache

_FOLDER = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
# What every method takes, whichever API it is of.
_COMMON = frozenset({"prettyPrint", "fields", "alt", "$alt", "key", "quotaUser", "uploadType"})


@dataclass(frozen=True)
class Method:
    id: str  # "datapipelines.projects.locations.pipelines.run"
    verb: str
    path: str  # with the API's own parameters: "v1/{+name}:run"
    flat: str  # with a parameter for each part of the path
    body: str  # the schema of its request, "" for none
    queries: frozenset[str]
    scopes: frozenset[str]

    def parameters(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """The path's parameters, of the values of the flat ones."""
        if "{+" not in self.path:
            return dict(arguments)
        whole = re.sub(r"\{(\w+)\}", lambda found: arguments[found[1]], self.flat)
        match = re.fullmatch(_pattern(self.path), whole, re.DOTALL)
        assert match, (self.id, whole)
        return match.groupdict()


class Document:
    """One API. What is not asked for is forgotten with it: some are megabytes."""

    def __init__(self, name: str) -> None:
        content = json.loads((_FOLDER / f"{name}.json").read_text())
        self.service_path = str(content["servicePath"])
        self._queries = frozenset(content.get("parameters", {})) | _COMMON
        self._methods: dict[str, Mapping[str, Any]] = {}
        self._schemas: Mapping[str, Any] = content["schemas"]
        self._collect(content)

    def method(self, id: str) -> Method:
        found = self._methods[id]
        parameters = found.get("parameters", {})
        own = {name for name, each in parameters.items() if each["location"] == "query"}
        return Method(
            id=id,
            verb=found["httpMethod"],
            path=found["path"],
            flat=found.get("flatPath", found["path"]),
            body=found.get("request", {}).get("$ref", ""),
            queries=self._queries | own,
            scopes=frozenset(found.get("scopes", ())),
        )

    def schemas(self, *roots: str) -> dict[str, Any]:
        """These schemas and all that they refer to."""
        found: dict[str, Any] = {}
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name and name not in found:
                found[name] = self._schemas[name]
                waiting += re.findall(r"'\$ref': '(\w+)'", str(self._schemas[name]))
        return found

    def _collect(self, content: Mapping[str, Any]) -> None:
        for method in content.get("methods", {}).values():
            self._methods[method["id"]] = method
        for resource in content.get("resources", {}).values():
            self._collect(resource)


def _pattern(path: str) -> str:
    parts = re.split(r"(\{\+?\w+\})", path)
    return "".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if match := re.fullmatch(r"\{(\+?)(\w+)\}", part):
        return f"(?P<{match[2]}>{'.+' if match[1] else '[^/]+'})"
    return re.escape(part)
