"""A take-out needs nothing of ours, and says to the engine what the product says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pulumi
import pytest

from provisioning import contracts
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.contracts import ObjectCreatedSpec, ScheduleSpec, StackSpec
from provisioning.errors import NotPossible
from provisioning.take_out import sources, state
from provisioning.take_out.passphrases import Key
from provisioning.take_out.shipped import spec as shipped
from provisioning.take_out.shipped.plain import field_names
from tests.provisioning.blueprints.examples import example_spec
from tests.provisioning.blueprints.registering import Registered, register
from tests.provisioning.take_out.taken import OURS, THEIRS, stranger, take_out, unpack

every_blueprint = pytest.mark.parametrize(
    "blueprint", registry.every(), ids=[each.kind for each in registry.every()]
)
NOTHING = Path("/nonexistent/checkpoint.json")


@pytest.fixture
def fresh_modules() -> Iterator[None]:
    """`pipeline` is the package of each take-out."""
    yield
    for name in [each for each in sys.modules if each.split(".")[0] == "pipeline"]:
        del sys.modules[name]


@every_blueprint
def test_its_take_out_is_run_with_pulumi_and_the_providers_alone(
    blueprint: Blueprint, tmp_path: Path
) -> None:
    spec = example_spec(blueprint, slug="leaving")
    folder = unpack(take_out(spec, checkpoint=NOTHING), tmp_path)
    answer = stranger(folder, "import")
    assert answer == {"callable": True, "triggers": [each.key for each in spec.triggers]}


@every_blueprint
def test_its_take_out_registers_what_the_program_registers(
    blueprint: Blueprint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fresh_modules: None,
) -> None:
    """Names, kinds and every input, those that are hashes of deployed code included."""
    prepared = blueprint.prepare(example_spec(blueprint), datetime(2026, 11, 21, tzinfo=UTC))
    ours = register(lambda: import_module(blueprint.program_module()).program(prepared))
    folder = unpack(take_out(example_spec(blueprint), checkpoint=NOTHING), tmp_path)
    monkeypatch.syspath_prepend(str(folder))
    theirs = register(lambda: run(folder, blueprint))
    assert len(ours.resources) > 5
    assert comparable(theirs) == comparable(ours)


def run(folder: Path, blueprint: Blueprint) -> None:
    spec = import_module("pipeline.spec").load(folder / "pipeline.json")
    import_module(f"pipeline.{blueprint.kind}.program").program(spec)


def comparable(found: Registered) -> dict[str, Any]:
    """An archive lies at a path of its own each time; what is in it has its hash beside."""
    return {
        name: (kind, {key: _without_path(value) for key, value in inputs.items()})
        for name, (kind, inputs) in found.resources.items()
    }


def _without_path(value: Any) -> Any:
    return "an archive" if isinstance(value, pulumi.Archive) else value


@every_blueprint
def test_no_file_of_it_names_skyclocks_packages(blueprint: Blueprint) -> None:
    for name, content in sources.files(blueprint).items():
        if name.endswith(".py"):
            for line in content.decode().splitlines():
                words = line.split()
                assert words[:1] not in (["from"], ["import"]) or not words[1].startswith(
                    ("provisioning", "dashboard", "pydantic", "django")
                ), f"{name}: {line}"


def test_what_is_deployed_is_taken_along_unchanged() -> None:
    blueprint = registry.get("google_eventarc_retraining")
    found = sources.files(blueprint)
    root = Path(sources.ROOT)
    deployed = [each for each in found if "/assets/" in each]
    assert "pipeline/google_eventarc_retraining/assets/service/Dockerfile" in deployed
    for name in deployed:
        assert found[name] == (root / name.removeprefix("pipeline/")).read_bytes()


def test_the_exported_specification_has_every_field_that_programs_may_ask_for() -> None:
    left_out = {"pipeline_id", "outputs"}
    whole = set(StackSpec.model_fields) - left_out
    assert set(field_names(shipped.StackSpec)) == whole
    for kind in ("ScheduleSpec", "TumblingWindowSpec", "ObjectCreatedSpec", "EventSpec"):
        ours = set(getattr(contracts, kind).model_fields)
        assert set(field_names(getattr(shipped, kind))) == ours, kind


def test_triggers_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    end = datetime(2027, 1, 1, tzinfo=UTC)
    spec = example_spec(registry.get("aws_s3_retraining")).model_copy(
        update={
            "triggers": (
                ScheduleSpec(key="t1", cron="0 6 * * *", timezone="UTC", end=end, paused=True),
                ObjectCreatedSpec(key="t2", prefix="data/"),
            ),
            "natives": {"t1": ("cron(0 6 * * ? *) UTC",)},
        }
    )
    path = tmp_path / "pipeline.json"
    path.write_text(spec.model_dump_json(exclude={"pipeline_id", "outputs"}))
    found = shipped.load(path)
    (schedule,), (landing,) = found.schedules, found.objects
    assert (schedule.end, schedule.paused, schedule.start) == (end, True, None)
    assert found.natives["t1"] == ("cron(0 6 * * ? *) UTC",)
    assert landing.model_copy(update={"paused": True}).paused
    assert not landing.paused


def test_the_readme_says_what_a_person_needs_next(tmp_path: Path) -> None:
    spec = example_spec(registry.get("aws_s3_retraining"), slug="leaving")
    folder = unpack(take_out(spec, checkpoint=NOTHING), tmp_path)
    readme = (folder / "README.md").read_text()
    for needed in ("pulumi-language-python", "AWS_ACCESS_KEY_ID", "pulumi stack init leaving"):
        assert needed in readme
    assert "stack import" not in readme.split("## Going on")[1], "there is no state to import"
    assert not (folder / "state.json").exists()
    assert {line.split("==")[0] for line in (folder / "requirements.txt").open()} == {
        "pulumi",
        "pulumi-aws",
    }


# ── Passphrases ─────────────────────────────────────────────────────────────────────


def test_a_secret_opens_with_its_passphrase_and_no_other() -> None:
    key = Key.new(THEIRS)
    sealed = key.seal('"hush"')
    assert Key.opening(key.salt, THEIRS).open(sealed) == '"hush"'
    with pytest.raises(NotPossible):
        Key.opening(key.salt, OURS)
    assert THEIRS not in repr(key)


def test_secrets_of_a_state_are_put_under_the_other_passphrase_however_deep() -> None:
    ours, theirs = Key.new(OURS), Key.new(THEIRS)
    hidden = {state.MARK: state.SECRET, "ciphertext": ours.seal('"hush"')}
    kept = {
        "version": 3,
        "deployment": {
            "secrets_providers": {"type": "passphrase", "state": {"salt": ours.salt}},
            "resources": [{"urn": "u", "outputs": {"list": [{"deep": hidden}], "plain": 1}}],
            "pending_operations": [{"type": "creating", "resource": {"inputs": {"a": hidden}}}],
        },
    }
    found = state.under(kept, ours=OURS, theirs=theirs)
    whole = json.dumps(found)
    assert hidden["ciphertext"] not in whole
    assert "hush" not in whole
    assert ours.salt not in whole
    deployment = found["deployment"]
    deep = deployment["resources"][0]["outputs"]["list"][0]["deep"]
    pending = deployment["pending_operations"][0]["resource"]["inputs"]["a"]
    assert [theirs.open(each["ciphertext"]) for each in (deep, pending)] == ['"hush"'] * 2
    assert deployment["resources"][0]["outputs"]["plain"] == 1
    assert kept["deployment"]["secrets_providers"]["state"]["salt"] == ours.salt, "as it was"


def test_a_state_under_another_passphrase_is_refused() -> None:
    other = Key.new("somebody else's passphrase")
    hidden = {state.MARK: state.SECRET, "ciphertext": other.seal('"hush"')}
    provider = {"type": "passphrase", "state": {"salt": other.salt}}
    kept = {"version": 3, "deployment": {"secrets_providers": provider, "resources": [hidden]}}
    with pytest.raises(NotPossible, match="cannot be opened"):
        state.under(kept, ours=OURS, theirs=Key.new(THEIRS))
