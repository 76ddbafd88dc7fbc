from __future__ import annotations

from jsonschema import Draft202012Validator

from dashboard.models import User
from dashboard.services import connections
from provisioning.blueprints import registry
from provisioning.contracts import Cloud
from tests.dashboard.api.conftest import Caller


def test_every_blueprint_is_listed_with_its_schema_and_an_example(api: Caller) -> None:
    listed = api.get("/blueprints")
    assert [each["kind"] for each in listed] == list(registry.BLUEPRINTS)
    for each in listed:
        Draft202012Validator.check_schema(each["settings_schema"])
        Draft202012Validator(each["settings_schema"]).validate(each["example"])
        assert each["label"] and each["cloud"] in ("aws", "azure", "google")
        kinds = registry.get(each["kind"]).trigger_kinds
        assert each["trigger_kinds"] == sorted(kind.value for kind in kinds)


def test_an_example_makes_a_pipeline_as_it_is(api: Caller, admin: User) -> None:
    for cloud in Cloud:
        connections.create_sandbox(actor=admin, name=f"Sandbox {cloud}", cloud=cloud)
    for each in api.get("/blueprints"):
        body = {
            "name": each["kind"], "connection": f"Sandbox {each['cloud']}",
            "blueprint": each["kind"], "settings": each["example"],
        }  # fmt: skip
        assert api.post("/pipelines", body, expect=201)["blueprint"] == each["kind"]
