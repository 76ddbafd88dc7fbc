"""What every Blueprint must keep. Adding one adds it here by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.blueprints.defaults import Defaults
from provisioning.clouds import Session, open_session
from provisioning.contracts import (
    Changes,
    Difference,
    EngineCommand,
    Level,
    Operation,
    OutcomeEvent,
    StackSpec,
    TriggerState,
)
from provisioning.errors import InvalidInput
from tests.deployed_stack import DeployedStack
from tests.provisioning.blueprints.examples import (
    MADE_AGAIN_WITHOUT_HARM,
    changed,
    example_spec,
)
from tests.provisioning.blueprints.registering import register
from tests.provisioning.blueprints.taken_along import (
    common_to,
    files_needed,
    program_file,
    take_along,
)
from tests.sandbox_process import SandboxProcess

every_blueprint = pytest.mark.parametrize(
    "blueprint", registry.every(), ids=[each.kind for each in registry.every()]
)


def objects(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Settings", schema
    yield from schema.get("$defs", {}).items()


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
def test_it_says_beforehand_whether_it_keeps_a_log_of_events(blueprint: Blueprint) -> None:
    """Pages show the tab without asking a cloud."""
    keeps = type(blueprint).event_log is not Defaults.event_log
    assert blueprint.event_sourced == keeps
    switches = type(blueprint).switch_instance is not Defaults.switch_instance
    assert blueprint.has_instances == switches


@every_blueprint
def test_each_level_includes_the_ones_before_it(blueprint: Blueprint) -> None:
    observe, run, deploy = (set(blueprint.permissions[level]) for level in Level)
    assert observe < run < deploy


@every_blueprint
def test_its_prepared_spec_is_a_value_that_can_be_passed_on(blueprint: Blueprint) -> None:
    spec = example_spec(blueprint)
    prepared = blueprint.prepare(spec, datetime(2026, 11, 21, tzinfo=UTC))
    assert StackSpec.model_validate_json(prepared.model_dump_json()) == prepared
    assert all(prepared.natives[schedule.key] for schedule in spec.schedules)


@every_blueprint
def test_its_program_can_be_taken_out_of_skyclock(blueprint: Blueprint) -> None:
    """It, the modules of its folder and those that its cloud's Blueprints share, as far as it
    needs them, import nothing of ours by its full name."""
    needed = list(files_needed(program_file(blueprint), common_to(blueprint), set()))
    for path, imported in needed:
        assert not imported.startswith(("provisioning", "dashboard")), f"{path}: {imported}"
    assert any(imported == "pulumi" for _, imported in needed)


@every_blueprint
def test_its_folder_works_when_taken_along(blueprint: Blueprint, tmp_path: Path) -> None:
    module = take_along(blueprint, tmp_path)
    code = f"import sys; import {module} as taken; "
    code += "print(callable(taken.program), 'provisioning' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.stdout.strip() == "True False", answer.stderr


@every_blueprint
def test_its_program_registers_what_the_providers_publish(blueprint: Blueprint) -> None:
    prepared = blueprint.prepare(example_spec(blueprint), datetime(2026, 11, 21, tzinfo=UTC))
    program = import_module(blueprint.program_module()).program
    found = register(lambda: program(prepared))
    assert found.kinds
    for kind in found.kinds:
        gone = blueprint.explain(Difference(kind=kind, name="it", path=""))
        assert gone.sentence.endswith(" it was deleted in the cloud."), f"no word for {kind}"
    assert found.unpublished() == [], found.unpublished()


@pytest.mark.engine
@pytest.mark.sandbox
@every_blueprint
def test_its_example_deploys_changes_in_place_and_goes_without_a_trace(
    blueprint: Blueprint, engine: EngineCommand, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    spec = example_spec(blueprint, slug=blueprint.kind.replace("_", "-"))
    stack = DeployedStack(tmp_path, engine, sandbox.access(cloud=blueprint.cloud), spec)
    session = open_session(stack.access)
    up = stack.run(Operation.UP)
    assert up.status == "succeeded", up.error
    assert states(up) == dict.fromkeys(keys(spec), TriggerState.ACTIVE)
    assert stack.run(Operation.UP).changes == Changes(same=up.changes.create)
    check = stack.run(Operation.CHECK)
    assert (check.status, check.drifts) == ("succeeded", ()), "nobody has changed anything"
    made = resources(stack)
    assert not_found(blueprint, session, stack.spec, made) == {}

    stack.spec = changed(blueprint, stack.spec)
    again = stack.run(Operation.UP)
    assert again.status == "succeeded", again.error
    updated = again.changes.update
    assert updated
    assert again.changes == Changes(update=updated, same=up.changes.create - updated)
    assert {urn: each["id"] for urn, each in resources(stack).items()} == {
        urn: each["id"] for urn, each in made.items()
    }
    assert states(again) == dict.fromkeys(keys(spec), TriggerState.ACTIVE)

    for secret in stack.access.credential.secrets():
        assert all(secret not in spool.read_text() for spool in stack.spool.parent.iterdir())
    down = stack.run(Operation.DESTROY)
    assert down.changes == Changes(delete=up.changes.create), down.error
    assert states(down) == dict.fromkeys(keys(spec), TriggerState.MISSING)
    assert left(blueprint, session, stack.spec, made) == {}


def keys(spec: StackSpec) -> list[str]:
    return [trigger.key for trigger in spec.triggers]


def states(outcome: OutcomeEvent) -> dict[str, TriggerState]:
    return {proof.key: proof.state for proof in outcome.proofs}


def resources(stack: DeployedStack) -> dict[str, dict[str, Any]]:
    """By URN, those that the cloud has, as the engine's state describes them."""
    state = json.loads(stack.checkpoint.read_text())["checkpoint"]["latest"]
    return {
        each["urn"]: each
        for each in state.get("resources") or ()
        if each.get("custom") and not each["type"].startswith("pulumi:")
    }


def not_found(
    blueprint: Blueprint, session: Session, spec: StackSpec, made: dict[str, dict[str, Any]]
) -> dict[str, str | None]:
    """What `find` would not take over, if a crash had cut off the creation of each."""
    found = {
        urn: blueprint.find(session, spec, each["type"], each["inputs"])
        for urn, each in made.items()
        if each["type"] not in MADE_AGAIN_WITHOUT_HARM
    }
    return {urn: other for urn, other in found.items() if other != made[urn]["id"]}


def left(
    blueprint: Blueprint, session: Session, spec: StackSpec, made: dict[str, dict[str, Any]]
) -> dict[str, str]:
    found = {
        urn: blueprint.find(session, spec, each["type"], each["inputs"])
        for urn, each in made.items()
    }
    return {urn: other for urn, other in found.items() if other is not None}


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
