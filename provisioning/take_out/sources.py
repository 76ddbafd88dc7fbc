"""The modules that a Blueprint's program is made of, as files that need nothing of ours.

Programs import by relative names, so their folders move as they are. Two names are replaced:
pydantic by `plain`, which reads what was checked already, and the contracts by `spec`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from provisioning.blueprints.base import Blueprint

ROOT = Path(__file__).resolve().parents[1] / "blueprints"
SHIPPED = Path(__file__).resolve().parent / "shipped"
PACKAGE = "pipeline"  # the folder of the modules in a take-out
ASSETS = "assets"  # deployed as it is: a changed byte would be a changed function
REPLACED = (
    (re.compile(r"^(\s*from )pydantic(?:_core|\.json_schema)?( import )", re.M), r"\1..plain\2"),
    (re.compile(r"^(\s*from )provisioning\.contracts( import )", re.M), r"\1..spec\2"),
)
IGNORED = ("__pycache__", ".pyc")


def files(blueprint: Blueprint) -> dict[str, bytes]:
    """Everything below the folder `pipeline/`, by its path in the take-out."""
    program = _file_of(blueprint.program_module())
    found = {path: _exported(path) for path in modules(program)}
    assets = program.parent / ASSETS
    found |= {path: path.read_bytes() for path in sorted(assets.rglob("*")) if _is_kept(path)}
    inside = {_inside(path): content for path, content in found.items()}
    # What is deployed gets no file that it did not have.
    folders = {path.parent for path in found if ASSETS not in path.parts}
    packages = {_inside(folder / "__init__.py") for folder in folders}
    ours = {f"{PACKAGE}/{each.name}": each.read_bytes() for each in sorted(SHIPPED.glob("*.py"))}
    return dict.fromkeys(packages, b"") | ours | inside


@cache
def modules(program: Path) -> tuple[Path, ...]:
    """The program's file and all that it imports of ours, at run time."""
    seen: dict[Path, None] = {}
    waiting = [program]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen[path] = None
            waiting += (inner for inner in _imported(path) if ROOT in inner.parents)
    return tuple(sorted(path for path in seen if ASSETS not in path.parts))


def packages(blueprint: Blueprint) -> tuple[str, ...]:
    """Of others: the distributions that the program imports, as registries name them."""
    found = {
        name.split(".")[0]
        for path in modules(_file_of(blueprint.program_module()))
        for level, name, _ in _imports(path)
        if level == 0 and name.startswith("pulumi")
    }
    return tuple(sorted(each.replace("_", "-") for each in found))


def _exported(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8")
    for old, new in REPLACED:
        text = old.sub(new, text)
    return text.encode()


def _inside(path: Path) -> str:
    return f"{PACKAGE}/{path.relative_to(ROOT).as_posix()}"


def _is_kept(path: Path) -> bool:
    return path.is_file() and not any(each in str(path) for each in IGNORED)


def _file_of(module: str) -> Path:
    found = find_spec(module)
    assert found is not None and found.origin is not None
    return Path(found.origin)


# ── Imports ─────────────────────────────────────────────────────────────────────────


def _imported(path: Path) -> Iterator[Path]:
    """`from .a import b` names the file a.py, or b.py in the folder a."""
    for level, module, names in _imports(path):
        if level == 0:
            continue
        place = path.parents[level - 1].joinpath(*module.split(".")) if module else None
        if place and place.with_suffix(".py").exists():
            yield place.with_suffix(".py")
            continue
        folder = place or path.parents[level - 1]
        yield from (folder / f"{name}.py" for name in names if (folder / f"{name}.py").exists())


def _imports(path: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Level, module and names. Those that only type checkers read stand inside of an `if`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(alias.name for alias in node.names)
