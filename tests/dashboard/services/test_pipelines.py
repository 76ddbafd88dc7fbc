from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import SecretStr

from dashboard import secrets
from dashboard.models import AuditEntry, Connection, Deployment, Pipeline, User, Version
from dashboard.services import pipelines
from provisioning.contracts import Credential
from provisioning.errors import InvalidInput, NotPossible, Problem

DAILY = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}


def fields(caught: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.field for problem in caught.value.problems]


def test_a_new_pipeline_has_a_version_and_triggers(pipeline: Pipeline, member: User) -> None:
    pipeline.refresh_from_db()
    assert pipeline.slug == "churn"
    version = pipeline.current_version
    assert version and version.number == 1
    assert [trigger["key"] for trigger in version.triggers] == ["t1"]
    assert "paused" not in version.triggers[0]
    row = pipeline.triggers.get()
    assert (row.key, row.cron, row.timezone) == ("t1", "0 6 * * *", "Europe/Berlin")
    assert row.state == "unknown"
    entry = AuditEntry.objects.get(action="pipeline.create")
    assert (entry.actor, entry.subject_name) == (member, "Churn")


def test_saving_changes_nothing_in_the_cloud(pipeline: Pipeline) -> None:
    assert not pipeline.may_exist_in_cloud
    assert pipeline.deployed_version is None
    assert not Deployment.objects.exists()


def test_everything_wrong_is_said_at_once(
    new_pipeline: Any, example: dict[str, Any], pipeline: Pipeline
) -> None:
    wrong = copy.deepcopy(example) | {"surplus": 1}
    triggers = [DAILY, DAILY | {"cron": "61 * * * *"}, DAILY | {"timezone": "Mars/Base"}]
    with pytest.raises(InvalidInput) as caught:
        new_pipeline("Churn", settings=wrong, triggers=triggers)
    found = fields(caught)
    assert "name" in found
    assert "settings.surplus" in found
    assert "triggers.1.cron" in found
    assert "triggers.2.timezone" in found
    assert Pipeline.objects.count() == 1
    assert Version.objects.count() == 1


WINDOW = {"frequency": "hour", "interval": 1, "start": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({"kind": "tumbling_window"} | WINDOW, "triggers.0.kind"),
        ({"kind": "moon"}, "triggers.0.kind"),
        ({"kind": "event"}, "triggers.0.source"),
        ({"kind": "completion"}, "triggers.0.pipeline"),
        (DAILY | {"every": "day"}, "triggers.0.every"),
        (DAILY | {"start": "2026-01-01T00:00:00"}, "triggers.0.start"),
        (DAILY | {"key": "Not A Key"}, "triggers.0.key"),
        (
            DAILY
            | {"cron": f"{','.join(map(str, range(60)))} 1,2,3,4,5,6,7,8,9,10,11,12,13,14 * * *"},
            "triggers.0.cron",
        ),
        (DAILY | {"start": "9999-12-31T23:59:59Z"}, "triggers.0.start"),
        ({"kind": "schedule", "timezone": "UTC"}, "triggers.0.cron"),
        (
            DAILY | {"start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
            "triggers.0.end",
        ),
    ],
)
def test_a_bad_trigger_is_refused_at_its_field(
    new_pipeline: Any, trigger: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        new_pipeline(triggers=[trigger])
    assert field in fields(caught)


def test_what_the_caller_found_wrong_is_said_with_the_rest(new_pipeline: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        new_pipeline(" ", connection=None, blueprint="magic", also=[Problem("note", "Too long.")])
    assert set(fields(caught)) == {"note", "name", "connection", "blueprint"}


def test_two_triggers_may_not_share_a_key(new_pipeline: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        new_pipeline(triggers=[DAILY | {"key": "a"}, DAILY | {"key": "a"}])
    assert fields(caught) == ["triggers.1.key"]


def test_a_scheduled_pipeline_may_not_need_to_be_asked(
    new_pipeline: Any, example: dict[str, Any]
) -> None:
    example["parameters"].append({"name": "Rate", "type": "Float"})
    with pytest.raises(InvalidInput) as caught:
        new_pipeline(settings=example)
    assert fields(caught)[0].startswith("settings.parameters.")


def test_an_unknown_blueprint_is_refused(new_pipeline: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        new_pipeline(blueprint="quantum")
    assert fields(caught) == ["blueprint"]


def test_the_connection_has_to_be_usable_and_of_that_cloud(
    new_pipeline: Any, connection: Connection
) -> None:
    connection.enabled = False
    with pytest.raises(InvalidInput, match="disabled") as caught:
        new_pipeline(connection=connection)
    assert fields(caught) == ["connection"]
    connection.enabled, connection.cloud = True, "google"
    with pytest.raises(InvalidInput, match="Google Cloud"):
        new_pipeline(connection=connection)


def test_updating_makes_the_next_version(pipeline: Pipeline, admin: User) -> None:
    changed = [DAILY | {"key": "t1", "cron": "30 7 * * *"}, DAILY]
    version = pipelines.update(actor=admin, pipeline=pipeline, triggers=changed, note="later")
    assert (version.number, version.note, version.created_by) == (2, "later", admin)
    assert [trigger["key"] for trigger in version.triggers] == ["t1", "t2"]
    assert pipeline.current_version == version
    assert pipeline.triggers.get(key="t1").cron == "30 7 * * *"
    assert pipeline.versions.get(number=1).triggers[0]["cron"] == "0 6 * * *"


def test_saving_the_same_again_makes_no_version(pipeline: Pipeline, member: User) -> None:
    version = pipeline.current_version
    assert version
    same = pipelines.update(
        actor=member, pipeline=pipeline, settings=version.settings, triggers=version.triggers
    )
    assert same == version
    renamed = pipelines.update(actor=member, pipeline=pipeline, name="Churn daily")
    assert renamed == version
    assert (pipeline.name, pipeline.slug) == ("Churn daily", "churn")


def test_a_bad_update_leaves_all_as_it_was(pipeline: Pipeline, member: User) -> None:
    with pytest.raises(InvalidInput):
        pipelines.update(actor=member, pipeline=pipeline, name="New", triggers=[{"kind": "x"}])
    pipeline.refresh_from_db()
    assert (pipeline.name, pipeline.versions.count()) == ("Churn", 1)


def test_a_removed_triggers_key_is_never_given_again(pipeline: Pipeline, member: User) -> None:
    pipelines.update(actor=member, pipeline=pipeline, triggers=[])
    assert pipeline.triggers.get(key="t1").removed_at
    version = pipelines.update(actor=member, pipeline=pipeline, triggers=[DAILY])
    assert version.triggers[0]["key"] == "t2"
    back = pipelines.update(actor=member, pipeline=pipeline, triggers=[DAILY | {"key": "t1"}])
    assert back.triggers[0]["key"] == "t1"
    assert pipeline.triggers.get(key="t1").removed_at is None


def test_a_pause_is_not_part_of_the_definition(pipeline: Pipeline, member: User) -> None:
    pipeline.triggers.update(paused=True)
    version = pipeline.current_version
    assert version
    assert pipelines.spec_for(pipeline, version).triggers[0].paused
    pipelines.update(actor=member, pipeline=pipeline, note="touched")
    assert pipeline.triggers.get().paused


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Churn (daily)", "churn-daily"),
        ("Über_Wetter 2", "uber-wetter-2"),
        ("2 runs", "pipeline-2-runs"),
        ("日本", "pipeline"),
        ("--", "pipeline"),
        ("x" * 80, "x" * 35),
        ("a" * 34 + " b", "a" * 34),
    ],
)
def test_slugs_are_safe_in_every_cloud(new_pipeline: Any, name: str, slug: str) -> None:
    assert new_pipeline(name).slug == slug


def test_slugs_are_unique_also_after_a_deletion(new_pipeline: Any, member: User) -> None:
    first = new_pipeline("Churn")
    assert new_pipeline("churn!").slug == "churn-2"
    pipelines.delete(actor=member, pipeline=first)
    assert new_pipeline("Churn").slug == "churn-3"


def test_two_people_saving_the_same_name_at_once(
    new_pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one sees as free is taken when it is saved."""
    new_pipeline("Churn")
    free = pipelines.free_slug
    answers = ["churn"]
    monkeypatch.setattr(
        pipelines, "free_slug", lambda name: answers.pop() if answers else free(name)
    )
    made = new_pipeline("Churn!")
    made.refresh_from_db()
    assert (made.slug, made.versions.count(), made.triggers.count()) == ("churn-2", 1, 1)


def test_what_is_deployed_has_to_be_destroyed_first(deployed: Pipeline, member: User) -> None:
    with pytest.raises(NotPossible, match="Destroy it first"):
        pipelines.delete(actor=member, pipeline=deployed)


def test_a_deployment_under_way_forbids_deleting(
    pipeline: Pipeline, member: User, new_deployment: Any
) -> None:
    row = new_deployment(pipeline, "preview")
    with pytest.raises(NotPossible, match="under way"):
        pipelines.delete(actor=member, pipeline=pipeline)
    Deployment.objects.filter(pk=row.pk).update(status="succeeded")
    pipelines.delete(actor=member, pipeline=pipeline)
    assert pipeline.archived_at
    assert pipeline.versions.count() == 1
    with pytest.raises(NotPossible, match="deleted"):
        pipelines.update(actor=member, pipeline=pipeline, name="Back")


def test_the_spec_is_what_the_program_sees(deployed: Pipeline) -> None:
    Pipeline.objects.update(outputs={"arn": "a"})
    deployed.refresh_from_db()
    spec = pipelines.spec_in_cloud(deployed)
    assert (spec.name, spec.slug, spec.outputs) == ("Churn", "churn", {"arn": "a"})
    assert (spec.region, spec.account) == ("eu-west-1", "111122223333")
    assert [(one.key, one.paused) for one in spec.triggers] == [("t1", False)]


def test_after_a_failed_first_up_the_cloud_has_that_version(
    pipeline: Pipeline, member: User, new_deployment: Any
) -> None:
    with pytest.raises(NotPossible, match="not deployed"):
        pipelines.spec_in_cloud(pipeline)
    first = pipeline.current_version
    new_deployment(pipeline, status="failed", started_at="2026-01-01T00:00Z")
    pipelines.update(actor=member, pipeline=pipeline, triggers=[])
    Pipeline.objects.update(may_exist_in_cloud=True)
    pipeline.refresh_from_db()
    assert pipelines.version_in_cloud(pipeline) == first


def test_a_secret_in_settings_is_refused_and_not_repeated(
    new_pipeline: Any, example: dict[str, Any]
) -> None:
    example["description"] = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg"
    with pytest.raises(InvalidInput) as caught:
        new_pipeline(settings=example)
    told = {each.field: each.message for each in caught.value.problems if each.code == "secret"}
    assert list(told) == ["settings.description"]
    assert "MIIE" not in str(told)


def test_the_connections_own_credential_is_refused_in_settings(
    new_pipeline: Any, example: dict[str, Any], connection: Connection
) -> None:
    key = "own/credential+of-the-connection-0123456"
    sealed = secrets.seal(
        Credential(method="access_keys", fields={"secret_access_key": SecretStr(key)})
    )
    Connection.objects.update(sandbox=False, sealed=sealed)
    connection.refresh_from_db()
    with pytest.raises(InvalidInput, match="The credential of Sandbox AWS stands in these"):
        new_pipeline(connection=connection, settings={**example, "description": f"see {key}"})
