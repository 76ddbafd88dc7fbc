from __future__ import annotations

from jsonschema import Draft202012Validator

from provisioning.blueprints import registry
from tests.dashboard.api.conftest import Caller


def test_every_blueprint_is_listed_with_its_schema_and_an_example(api: Caller) -> None:
    listed = api.get("/blueprints")
    assert [each["kind"] for each in listed] == list(registry.BLUEPRINTS)
    for each in listed:
        Draft202012Validator.check_schema(each["settings_schema"])
        Draft202012Validator(each["settings_schema"]).validate(each["example"])
        assert each["label"] and each["cloud"] in ("aws", "azure", "google")
        assert each["trigger_kinds"] == ["schedule"]


def test_an_example_makes_a_pipeline_as_it_is(api: Caller, connection: object) -> None:
    for each in api.get("/blueprints"):
        body = {
            "name": each["kind"], "connection": "Sandbox AWS", "blueprint": each["kind"],
            "settings": each["example"],
        }  # fmt: skip
        assert api.post("/pipelines", body, expect=201)["blueprint"] == each["kind"]
