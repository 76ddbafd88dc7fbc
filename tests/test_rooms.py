"""Imports go down only; heavy packages stay in the rooms that own them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each room with its height: a room may import from its own and from lower ones only.
DASHBOARD = {
    "dashboard.management": 95,
    "dashboard.supervisor": 90,
    "dashboard.asgi": 90,
    "dashboard.urls": 80,
    "dashboard.celery": 15,
    "dashboard.tasks": 74,
    "dashboard.views": 70,
    "dashboard.api": 70,
    "dashboard.context": 65,
    "dashboard.whence": 65,
    "dashboard.forms": 60,
    "dashboard.templatetags": 60,
    "dashboard.launch": 50,
    "dashboard.services": 40,
    "dashboard.streams": 60,
    "dashboard.live": 35,
    "dashboard.checks": 45,
    "dashboard.access": 28,
    "dashboard.queries": 30,
    "dashboard.audit": 25,
    "dashboard.models": 20,
    "dashboard.secrets": 10,
    "dashboard.settings": 5,
    "dashboard.sealing_keys": 2,
    "dashboard.environment": 1,
    "dashboard.aside": 1,
    "dashboard.bodies": 1,
    "dashboard.times": 1,
    "dashboard.icalendar": 1,
    "dashboard.logging": 1,
}
PROVISIONING = {
    "provisioning.operations": 60,
    "provisioning.take_out": 60,
    "provisioning.checks": 55,
    "provisioning.blueprints": 50,
    "provisioning.engine": 50,
    "provisioning.sandbox": 50,
    "provisioning.clouds": 40,
    "provisioning.schedules": 30,
    "provisioning.contracts": 20,
    "provisioning.errors": 10,
    "provisioning.masking": 10,
    "provisioning.telltale": 15,
}
ROOMS = {**DASHBOARD, **PROVISIONING}

# package → rooms that alone may import it
OWNERS = {
    "pulumi.automation": ("provisioning.engine",),
    "boto3": ("provisioning.clouds", "provisioning.sandbox"),
    "botocore": ("provisioning.clouds", "provisioning.sandbox"),
    "azure": ("provisioning.clouds", "provisioning.sandbox"),
    "google": ("provisioning.clouds", "provisioning.sandbox"),
    "googleapiclient": ("provisioning.clouds", "provisioning.sandbox"),
    "moto": ("provisioning.sandbox",),
    "celery": ("dashboard.celery", "dashboard.tasks"),
    "django": ("dashboard",),
}
PROVIDERS = ("pulumi_aws", "pulumi_aws_native", "pulumi_gcp", "pulumi_azure_native")


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    """Everything imported anywhere in the file, but for what only type checkers read."""
    found: set[str] = set()
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def room_of(module: str) -> str | None:
    return next((room for room in ROOMS if within(module, room)), None)


def sources() -> list[Path]:
    folders = (ROOT / "dashboard", ROOT / "provisioning")
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*.py")
        if "migrations" not in path.parts
    )


def is_deployed(path: Path) -> bool:
    """Code that runs in a cloud, not in our processes, uses what that cloud gives it."""
    return "assets" in path.parts


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_imports_go_down_only(path: Path) -> None:
    module = module_of(path)
    room = room_of(module)
    if room is None:
        assert module in ("dashboard", "dashboard.apps", "dashboard.checks", "provisioning"), (
            f"{module} is in no room: name its room in this test"
        )
        return
    for imported in imports_of(path):
        other = room_of(imported)
        if other is None or other == room:
            continue
        if room.startswith("provisioning"):
            assert other.startswith("provisioning"), f"{module} imports {imported}"
        if room.split(".")[0] == other.split(".")[0]:
            assert ROOMS[other] <= ROOMS[room], f"{module} imports {imported}, which lies above it"
            assert ROOMS[other] < ROOMS[room], f"{module} imports its neighbour {imported}"


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_heavy_packages_stay_in_the_rooms_that_own_them(path: Path) -> None:
    module = module_of(path)
    for imported in imports_of(path):
        for package, owners in OWNERS.items():
            if within(imported, package) and not is_deployed(path):
                assert any(within(module, owner) for owner in owners), (
                    f"{module} imports {imported}"
                )
        if any(within(imported, provider) for provider in PROVIDERS):
            assert within(module, "provisioning.blueprints"), f"{module} imports {imported}"
            assert path.stem == "program" or path.stem.startswith("program_"), (
                f"{module} imports {imported}: only program.py and program_*.py may"
            )


def test_services_never_enqueue() -> None:
    for path in (ROOT / "dashboard" / "services").glob("*.py"):
        assert "send_task" not in path.read_text(), path.name
