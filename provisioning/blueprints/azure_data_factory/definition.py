"""A pasted pipeline, checked before Data Factory sees it. Every Problem has a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioning.errors import Problem

from ..common.graph import cycle
from ..common.json_lines import Node, NotJson, read
from . import activity_types
from .building import OWN_PARAMETERS
from .documents import STORAGE

FIELD = "definition"
MOST_ACTIVITIES = 120
MOST_PARAMETERS = 49
NAME = re.compile(r"[A-Za-z0-9_][^<>*#.%&:\\+?/]{0,54}")
DOCUMENT = re.compile(r"[A-Za-z0-9_][^<>*#.%&:\\+?/]{0,139}")
CONDITIONS = ("Succeeded", "Failed", "Skipped", "Completed")
PARAMETER_TYPES = ("string", "int", "float", "bool", "array", "object", "securestring")
TABLES = ("datasets", "linkedServices", "pipelines")
TOP_LEVEL = (
    "activities", "parameters", "variables", "concurrency", "description", "annotations",
    "folder", "policy", "runDimensions", *TABLES,
)  # fmt: skip
# Texts that hold a secret themselves, wherever they stand in a linked service.
SECRET_TEXT = re.compile(r"(?i)\b(AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)=")
SECRET_KEYS = frozenset(
    {
        "accountKey", "accessKey", "sasUri", "sasToken", "password", "servicePrincipalKey",
        "accessToken", "apiToken", "secretAccessKey", "secretKey", "functionKey", "apiKey",
        "encryptedCredential", "clientSecret",
    }
)  # fmt: skip


def check_definition(text: str) -> list[Problem]:
    """All that is wrong, in the order of lines; empty when Data Factory should take it."""
    if not text.strip():
        return [Problem(FIELD, "Paste a pipeline as Data Factory Studio shows it.", "required", 1)]
    try:
        root = read(text)
    except NotJson as error:
        return [Problem(FIELD, error.message, "json", error.line)]
    if root.members is None:
        return [_problem(root, "A pipeline is a JSON object.")]
    return sorted(Definition(unwrapped(root)).problems(), key=lambda each: each.line or 0)


def unwrapped(root: Node) -> Node:
    """Studio shows {"name": …, "properties": {…}}; what counts are the properties."""
    inner = root.get("properties")
    return inner if inner is not None and inner.members is not None else root


def _problem(node: Node, message: str, code: str = "invalid") -> Problem:
    return Problem(FIELD, message, code, node.line)


def _list(node: Node | None) -> list[Node]:
    return node.items if node is not None and node.items is not None else []


def _table(node: Node | None) -> dict[str, Node]:
    return node.members if node is not None and node.members is not None else {}


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    return (found.text if found else None) or ""


class Definition:
    def __init__(self, root: Node) -> None:
        self.root = root
        self.names = {table: set(_table(root.get(table))) for table in TABLES}
        self.names["linkedServices"].add(STORAGE)

    def problems(self) -> Iterator[Problem]:
        for key, node in (self.root.members or {}).items():
            if key not in TOP_LEVEL:
                yield _problem(node, f"A pipeline has no '{key}'.", "unknown")
        for node in self.root.walk():
            for key, line in node.repeated.items():
                yield Problem(FIELD, f'"{key}" stands twice in one object.', "duplicate", line)
        yield from self._pipeline(self.root)
        for table in TABLES:
            yield from self._documents(table)
        yield from self._references()
        yield from _secrets(self.root)

    def _pipeline(self, node: Node) -> Iterator[Problem]:
        activities = node.get("activities")
        if not _list(activities):
            yield _problem(
                activities or node, "A pipeline needs at least one activity.", "required"
            )
            return
        yield from _declarations(node)
        seen: dict[str, Node] = {}
        everything = list(_everything(_list(activities)))
        if len(everything) > MOST_ACTIVITIES:
            message = f"Data Factory takes at most {MOST_ACTIVITIES} activities in a pipeline."
            yield _problem(activities or node, message)
        for each in everything:
            name = _text(each, "name")
            if name and name.lower() in seen:
                yield _problem(each, f"There is already an activity '{name}'.", "duplicate")
            seen.setdefault(name.lower(), each)
        yield from _scope(_list(activities), inside="")

    def _documents(self, table: str) -> Iterator[Problem]:
        node = self.root.get(table)
        if node is not None and node.members is None:
            yield _problem(node, f"{table} is a table of name and properties.")
        for name, each in _table(node).items():
            if not DOCUMENT.fullmatch(name):
                yield _problem(each, f"'{name}' has characters that Data Factory does not take.")
            if table == "linkedServices" and name == STORAGE:
                message = f"'{STORAGE}' is the pipeline's own storage; choose another name."
                yield _problem(each, message, "reserved")
            if table == "pipelines":
                yield from self._pipeline(each)
            elif not _text(each, "type"):
                yield _problem(each, f"'{name}' in {table} has no type.", "required")

    def _references(self) -> Iterator[Problem]:
        """Everything named has to be brought along: the factory is made for this pipeline."""
        wanted = {
            "DatasetReference": "datasets",
            "LinkedServiceReference": "linkedServices",
            "PipelineReference": "pipelines",
        }
        for node in self.root.walk():
            name, table = node.get("referenceName"), wanted.get(_text(node, "type"))
            if name is None or table is None or name.text is None or name.text.startswith("@"):
                continue
            if name.text not in self.names[table]:
                message = f"There is no '{name.text}' in {table}: bring it along."
                yield _problem(name, message, "unknown")


def _declarations(node: Node) -> Iterator[Problem]:
    parameters = _table(node.get("parameters"))
    if len(parameters) > MOST_PARAMETERS:
        yield _problem(node, f"Data Factory takes at most {MOST_PARAMETERS} parameters here.")
    for name, each in parameters.items():
        if name.lower() in OWN_PARAMETERS:
            yield _problem(each, "Skyclock has a parameter of this name itself.", "reserved")
        if _text(each, "type").lower() not in PARAMETER_TYPES:
            yield _problem(each, f"Parameter '{name}' has no type that Data Factory knows.")
        if _text(each, "type").lower() == "securestring" and each.get("defaultValue"):
            message = f"The default of '{name}' is a secret: read it from a Key Vault instead."
            yield _problem(each, message, "secret")


def _everything(activities: list[Node]) -> Iterator[Node]:
    for node in activities:
        yield node
        for inner in _inside(node):
            yield from _everything(inner)


def _inside(node: Node) -> Iterator[list[Node]]:
    given = node.get("typeProperties")
    if given is None:
        return
    for key in activity_types.INNER:
        yield _list(given.get(key))
    for case in _list(given.get("cases")):
        yield _list(case.get("activities"))


def _scope(activities: list[Node], *, inside: str) -> Iterator[Problem]:
    beside = {_text(each, "name") for each in activities}
    for node in activities:
        yield from _activity(node, beside, inside)
        for inner in _inside(node):
            yield from _scope(inner, inside=_text(node, "type"))
    waits = {
        _text(node, "name"): [_text(each, "activity") for each in _list(node.get("dependsOn"))]
        for node in activities
    }
    if walk := cycle(waits):
        at = next(node for node in activities if _text(node, "name") == walk[0])
        yield _problem(
            at, f"Activities wait for each other: {' → '.join(reversed(walk))}.", "cycle"
        )


def _activity(node: Node, beside: set[str], inside: str) -> Iterator[Problem]:
    if node.members is None:
        yield _problem(node, "An activity is a JSON object.")
        return
    name, type = _text(node, "name"), node.get("type")
    if not NAME.fullmatch(name):
        message = "An activity needs a name of at most 55 characters, without <>*#.%&:\\+?/."
        yield _problem(node.get("name") or node, message)
    known = activity_types.ACTIVITIES.get(type.text or "") if type else None
    if known is None:
        word = f"'{type.text}' is no activity type" if type else f"Activity '{name}' has no type"
        yield _problem(type or node, f"{word}.", "unknown")
        return
    yield from _type_properties(node, name, known)
    yield from _nesting(node, name, str(type.text if type else ""), inside)
    yield from _dependencies(node, name, beside)


def _type_properties(node: Node, name: str, known: tuple[str, ...]) -> Iterator[Problem]:
    given = node.get("typeProperties")
    for wanted in known:
        if given is None or given.get(wanted) is None:
            message = f"Activity '{name}' needs '{wanted}' in its typeProperties."
            yield _problem(given or node, message, "required")


def _nesting(node: Node, name: str, type: str, inside: str) -> Iterator[Problem]:
    """Branches go into loops; nothing that contains goes into a branch, no loop into a loop."""
    contains = type in (*activity_types.LOOPS, *activity_types.BRANCHES)
    allowed = type in activity_types.BRANCHES and inside in activity_types.LOOPS
    if inside and contains and not allowed:
        yield _problem(node, f"'{name}' of type {type} cannot stand in an activity {inside}.")


def _dependencies(node: Node, name: str, beside: set[str]) -> Iterator[Problem]:
    for each in _list(node.get("dependsOn")):
        other = _text(each, "activity")
        if other not in beside:
            message = f"'{name}' waits for '{other}', which is not beside it."
            yield _problem(each, message, "unknown")
        conditions = [one.text for one in _list(each.get("dependencyConditions"))]
        if not conditions or any(one not in CONDITIONS for one in conditions):
            message = f"dependencyConditions of '{name}' are of {', '.join(CONDITIONS)}."
            yield _problem(each, message)


def _secrets(root: Node) -> Iterator[Problem]:
    """Settings are kept readable, and shown: what is secret stays in a Key Vault."""
    message = (
        "This is a secret, and settings are kept readable. Refer to it in a Key Vault: "
        '{"type": "AzureKeyVaultSecret", "store": …, "secretName": …}.'
    )
    for node in root.walk():
        if _text(node, "type") == "SecureString":
            yield _problem(node, message, "secret")
        for key, value in (node.members or {}).items():
            text = value.text or ""
            named = key in SECRET_KEYS and text and not text.startswith("@")
            if named or SECRET_TEXT.search(text):
                yield _problem(value, message, "secret")
