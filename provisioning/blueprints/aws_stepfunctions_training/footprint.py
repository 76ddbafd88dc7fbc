"""What a definition touches: services by state, addresses in S3, images. From this the roles'
permissions follow, for a form and for pasted JSON alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

IMAGE = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.[a-z.]+/"
    r"(?P<repository>[a-z0-9][a-z0-9._/-]*)"
)
# Also inside an expression: States.Format('s3://bucket/{}/', $.name).
ADDRESS = re.compile(r"s3://[a-z0-9][^\s'\"{}\\]*")
INTEGRATION = re.compile(r"arn:aws[a-z-]*:states:::(?P<service>[\w-]+(?::[\w-]+)?):(?P<rest>\w+)")
FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:\S+:function:\S+")
WRITTEN = frozenset({"S3Output", "OutputDataConfig", "TransformOutput", "CheckpointConfig"})
ROLES = ("RoleArn", "ExecutionRoleArn")


@dataclass(frozen=True)
class Call:
    """A Task: "sagemaker", "createTrainingJob"; "aws-sdk:s3", "listObjectsV2"."""

    state: str
    service: str
    action: str
    parameters: Mapping[str, Any]


@dataclass
class Footprint:
    calls: list[Call] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)  # S3 prefixes
    writes: set[str] = field(default_factory=set)
    images: set[tuple[str, str, str]] = field(default_factory=set)  # account, region, repository
    roles: set[str] = field(default_factory=set)  # that jobs run as; "*" where only a run knows
    distributed: bool = False  # a Map that starts executions of its own

    def named(self, service: str, key: str) -> list[str]:
        """What the calls of a service name under this key; "*" where only a run knows."""
        found = {literal(each.parameters, key) for each in self.calls if each.service == service}
        return ["*"] if "*" in found else sorted(found)


def footprint(definition: Mapping[str, Any]) -> Footprint:
    """Of a definition that has been checked."""
    found = Footprint()
    for name, state in all_states(definition):
        if state.get("Type") == "Task":
            found.calls.append(_call(name, state))
        processor = state.get("ItemProcessor")
        config = processor.get("ProcessorConfig", {}) if isinstance(processor, Mapping) else {}
        found.distributed = found.distributed or config.get("Mode") == "DISTRIBUTED"
    for path, text in _texts(definition, ()):
        _note(found, path, text)
    return found


def all_states(machine: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in machine.get("States", {}).items():
        yield name, state
        inner = [*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")]
        for each in inner:
            if isinstance(each, Mapping):
                yield from all_states(each)


def literal(parameters: Mapping[str, Any], key: str) -> str:
    """What stands under a key, or "*" where a run puts it together."""
    value = parameters.get(key)
    known = isinstance(value, str) and not value.startswith("{%")
    return str(value) if known else "*"


def beginning(parameters: Mapping[str, Any], key: str) -> str:
    """What a name begins with that a run puts together, as far as it is written down."""
    if literal(parameters, key) != "*":
        return str(parameters[key])
    written = parameters.get(f"{key}.$") or parameters.get(key)
    found = re.match(r"(?:States\.Format\(|\{%\s*)'([^'{\\]+)", str(written))
    return f"{found[1]}*" if found else "*"


def _call(name: str, state: Mapping[str, Any]) -> Call:
    resource = str(state.get("Resource", ""))
    given = state.get("Parameters") or state.get("Arguments")
    parameters = given if isinstance(given, Mapping) else {}
    if FUNCTION.fullmatch(resource):
        return Call(name, "lambda", "invoke", {"FunctionName": resource})
    found = INTEGRATION.match(resource)
    if found is None:
        return Call(name, "", resource, parameters)
    return Call(name, found["service"], found["rest"], parameters)


def _note(found: Footprint, path: tuple[str, ...], text: str) -> None:
    key = path[-1].removesuffix(".$") if path else ""
    if key in ROLES:
        found.roles.add(text if text.startswith("arn:") else "*")
    elif image := IMAGE.match(text):
        found.images.add((image["account"], image["region"], image["repository"]))
    else:
        addresses = ADDRESS.findall(text)
        found.reads.update(addresses)
        if WRITTEN.intersection(each.removesuffix(".$") for each in path):
            found.writes.update(addresses)


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, path)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "Comment":
                yield from _texts(inner, (*path, key))
