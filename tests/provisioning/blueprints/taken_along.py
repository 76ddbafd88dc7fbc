"""What has to be taken along to run a Blueprint's program without Skyclock."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from provisioning.blueprints.base import Blueprint


def program_file(blueprint: Blueprint) -> Path:
    found = find_spec(blueprint.program_module())
    assert found is not None and found.origin is not None
    return Path(found.origin)


def take_along(blueprint: Blueprint, to: Path) -> str:
    """Copy the Blueprint's folder and what its cloud's Blueprints share; returns the program's
    module there."""
    folder = program_file(blueprint).parent
    package = to / "taken"
    package.mkdir()
    shutil.copytree(folder, package / folder.name)
    for common in (folder.parent / name for name in common_to(blueprint)):
        if common.exists():
            shutil.copytree(common, package / common.name)
    return f"taken.{folder.name}.{program_file(blueprint).stem}"


def common_to(blueprint: Blueprint) -> tuple[str, ...]:
    return (f"{blueprint.cloud}_common", "common")


def files_needed(
    path: Path, common: tuple[str, ...], seen: set[Path]
) -> Iterator[tuple[Path, str]]:
    """Each file that the program is made of, with everything that it imports by full name."""
    seen.add(path)
    for level, module, names in imports(path):
        if level == 0:
            yield path, module
            continue
        above = path.parent if level == 1 else path.parent.parent
        assert level == 1 or module.split(".")[0] in common, f"{path} imports {module} from above"
        for inner in modules(above, module, names):
            if inner not in seen:
                yield from files_needed(inner, common, seen)


def modules(above: Path, module: str, names: tuple[str, ...]) -> Iterator[Path]:
    """`from .a import b` names the file a.py, or b.py in the folder a."""
    place = above.joinpath(*module.split(".")) if module else above
    if place.with_suffix(".py").exists() and module:
        yield place.with_suffix(".py")
        return
    for name in names:
        assert (place / f"{name}.py").exists(), f"{place} has no module {name}"
        yield place / f"{name}.py"


def imports(path: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Level, module and names of those at run time; what only type checkers read is left out."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 2, f"{path} imports from far above its folder"
            yield node.level, node.module or "", tuple(alias.name for alias in node.names)
