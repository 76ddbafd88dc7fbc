"""Every type of resource that a program can register is looked for when a crash cut its creation
off, or is listed as one that a second creation leaves as it is.

The types are read from the programs' text, so that one in a branch that no example takes counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pulumi
import pytest

import provisioning.blueprints
from provisioning.blueprints import registry
from provisioning.contracts import Cloud
from tests.provisioning.blueprints.examples import MADE_AGAIN_WITHOUT_HARM, example_spec

FOLDER = Path(provisioning.blueprints.__file__).parent
COMMON = {Cloud.AWS: "aws_common", Cloud.GOOGLE: "google_common"}


class AnyInputs(dict[str, Any]):
    """Inputs of whatever a finder reads."""

    def __missing__(self, key: str) -> str:
        return f"any-{key}"


@cache
def types_in(folder: str) -> frozenset[str]:
    """The engine's types of all that the programs in this folder can register."""
    return frozenset(
        token for path in (FOLDER / folder).glob("program*.py") for token in _types(path)
    )


def _types(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    packages = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.startswith("pulumi_")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (made := _class(node.func, packages)):
            yield made.pulumi_type


def _class(node: ast.expr, packages: dict[str, str]) -> Any:
    """Of `aws.iam.Role` in a call the class, where that is a resource's."""
    names = ast.unparse(node).split(".")
    if len(names) != 3 or names[0] not in packages:
        return None
    found = getattr(import_module(f"{packages[names[0]]}.{names[1]}"), names[2], None)
    resource = isinstance(found, type) and issubclass(found, pulumi.CustomResource)
    return found if resource else None


def asks_the_cloud(kind: str, token: str) -> bool:
    """Whether somebody knows how to look for it; otherwise `find` says None without a call."""
    blueprint = registry.get(kind)
    client = MagicMock()
    session = MagicMock()
    session.client.return_value = client
    try:
        blueprint.find(session, example_spec(blueprint), token, AnyInputs())
    except Exception:  # it got an answer that is none, so it had asked
        return True
    return bool(client.mock_calls)


@pytest.mark.parametrize("kind", sorted(registry.BLUEPRINTS))
def test_every_type_of_its_programs_is_looked_for(kind: str) -> None:
    blueprint = registry.get(kind)
    shared = COMMON.get(blueprint.cloud)
    types = types_in(kind) | (types_in(shared) if shared else frozenset())
    assert len(types) >= 5, "the programs are read"
    missing = {
        token
        for token in types - MADE_AGAIN_WITHOUT_HARM
        if not token.startswith("pulumi:") and not asks_the_cloud(kind, token)
    }
    assert missing == set()


def test_a_type_that_nobody_knows_is_seen() -> None:
    for kind in registry.BLUEPRINTS:
        assert not asks_the_cloud(kind, "aws:nothing/thing:Thing")
