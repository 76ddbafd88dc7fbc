"""What every Blueprint must keep. Adding one adds it here by itself."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.contracts import (
    Changes,
    EngineCommand,
    Level,
    Operation,
    ScheduleSpec,
    StackSpec,
    TriggerState,
)
from provisioning.errors import InvalidInput
from tests.deployed_stack import DeployedStack
from tests.sandbox_process import SandboxProcess

every_blueprint = pytest.mark.parametrize(
    "blueprint", registry.every(), ids=[each.kind for each in registry.every()]
)


def objects(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Settings", schema
    yield from schema.get("$defs", {}).items()


def example_spec(blueprint: Blueprint) -> StackSpec:
    return StackSpec(
        pipeline_id=1,
        name="Any",
        slug="any",
        blueprint=blueprint.kind,
        settings=blueprint.validate(blueprint.example()),
        triggers=(ScheduleSpec(key="t1", cron="0 6 * * *", timezone="UTC"),),
        region="eu-west-1",
        account="111122223333",
    )


@every_blueprint
def test_its_kind_is_the_one_it_is_registered_under(blueprint: Blueprint) -> None:
    assert registry.get(blueprint.kind) is blueprint
    assert blueprint.label
    assert blueprint.summary


@every_blueprint
def test_its_example_is_valid_and_canonical(blueprint: Blueprint) -> None:
    canonical = blueprint.validate(blueprint.example())
    assert blueprint.validate(canonical) == canonical
    assert json.loads(json.dumps(canonical)) == canonical


@every_blueprint
def test_every_field_of_its_form_has_a_title(blueprint: Blueprint) -> None:
    whole = blueprint.Settings.model_json_schema()
    for name, schema in objects(whole):
        assert schema.get("title"), name
        for field, described in schema["properties"].items():
            named = whole["$defs"][described["$ref"].split("/")[-1]] if "$ref" in described else {}
            assert described.get("title") or named.get("title"), f"{name}.{field}"


@every_blueprint
def test_every_object_of_its_form_refuses_unknown_fields(blueprint: Blueprint) -> None:
    for name, schema in objects(blueprint.Settings.model_json_schema()):
        assert schema["additionalProperties"] is False, name


@every_blueprint
def test_a_problem_names_its_field(blueprint: Blueprint) -> None:
    with pytest.raises(InvalidInput) as caught:
        blueprint.validate({**blueprint.example(), "no such field": 1})
    assert [problem.field for problem in caught.value.problems] == ["no such field"]


@every_blueprint
def test_each_level_includes_the_ones_before_it(blueprint: Blueprint) -> None:
    observe, run, deploy = (set(blueprint.permissions[level]) for level in Level)
    assert observe < run < deploy


@every_blueprint
def test_its_prepared_spec_is_a_value_that_can_be_passed_on(blueprint: Blueprint) -> None:
    spec = example_spec(blueprint)
    prepared = blueprint.prepare(spec, datetime(2026, 11, 21, tzinfo=UTC))
    assert StackSpec.model_validate_json(prepared.model_dump_json()) == prepared
    assert prepared.natives["t1"]


@every_blueprint
def test_its_program_can_be_taken_out_of_skyclock(blueprint: Blueprint) -> None:
    """It and the modules of its folder that it needs import nothing of ours."""
    found = find_spec(blueprint.program_module())
    assert found is not None and found.origin is not None
    seen: set[Path] = set()
    pending = [Path(found.origin)]
    while pending:
        path = pending.pop()
        seen.add(path)
        for imported, level in imports(path):
            assert not imported.startswith(("provisioning", "dashboard")), f"{path}: {imported}"
            inner = path.parent / f"{imported.split('.')[0]}.py"
            if level == 1 and inner not in seen:
                assert inner.exists(), f"{path}: {imported}"
                pending.append(inner)


@every_blueprint
def test_its_folder_works_when_taken_along(blueprint: Blueprint, tmp_path: Path) -> None:
    found = find_spec(blueprint.program_module())
    assert found is not None and found.origin is not None
    shutil.copytree(Path(found.origin).parent, tmp_path / "taken")
    code = "import sys; import taken.program; print('provisioning' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.stdout.strip() == "False", answer.stderr


@pytest.mark.engine
@pytest.mark.sandbox
@every_blueprint
def test_its_example_deploys_once_and_goes_without_a_trace(
    blueprint: Blueprint, engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    spec = example_spec(blueprint).model_copy(update={"slug": blueprint.kind.replace("_", "-")})
    stack = DeployedStack(tmp_path, engine, sandbox.access(), spec)
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    assert [proof.state for proof in up.proofs] == [TriggerState.ACTIVE]
    assert stack.run(Operation.UP).changes == Changes(same=up.changes.create)
    for secret in stack.access.credential.secrets():
        assert secret not in stack.spool.read_text()
    down = stack.run(Operation.DESTROY)
    assert down.changes == Changes(delete=up.changes.create), down.error
    assert [proof.state for proof in down.proofs] == [TriggerState.MISSING]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Those at run time; what only type checkers read is left out."""
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module), 0
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1, f"{path} imports from above its folder"
            yield from (
                ((alias.name, 1) for alias in node.names)
                if node.module is None
                else [(node.module, 1)]
            )


def test_looking_at_blueprints_loads_no_provider() -> None:
    code = (
        "import sys; from provisioning.blueprints import registry; registry.every();"
        "heavy = {'pulumi', 'boto3', 'moto', 'pulumi_aws', 'pulumi_aws_native'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
