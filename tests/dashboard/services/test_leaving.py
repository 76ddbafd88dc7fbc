"""Taking a Pipeline out, and letting go of what is deployed."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied

from dashboard.models import AuditEntry, Connection, Deployment, Pipeline, Run, User
from dashboard.services import leaving, pipelines
from dashboard.services.ledger import promises
from provisioning.errors import InvalidInput, NotPossible
from provisioning.take_out import state
from provisioning.take_out.passphrases import Key

THEIRS = "a passphrase of my own"
HUSH = "canary-in-the-state"


@pytest.fixture
def kept(deployed: Pipeline) -> Pipeline:
    """Deployed, with a secret in the engine's checkpoint."""
    key = Key.new(settings.STATE_PASSPHRASE)
    hidden = {state.MARK: state.SECRET, "ciphertext": key.seal(json.dumps(HUSH))}
    latest = {
        "secrets_providers": {"type": "passphrase", "state": {"salt": key.salt}},
        "resources": [{"urn": "u", "outputs": {"password": hidden}}],
    }
    folder = Path(settings.STATE_DIR) / ".pulumi" / "stacks" / "skyclock-aws-sagemaker-pipeline"
    folder.mkdir(parents=True)
    checkpoint = {"version": 3, "checkpoint": {"latest": latest}}
    (folder / f"{deployed.slug}.json").write_text(json.dumps(checkpoint))
    return deployed


def files(archive: leaving.Archive) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        return {name.partition("/")[2]: opened.read(name) for name in opened.namelist()}


def take_out(actor: User, pipeline: Pipeline, passphrase: str = THEIRS) -> dict[str, bytes]:
    return files(leaving.take_out(actor=actor, pipeline=pipeline, passphrase=passphrase))


def test_the_state_opens_with_the_persons_passphrase_only(kept: Pipeline, member: User) -> None:
    found = json.loads(take_out(member, kept)["state.json"])["deployment"]
    salt = found["secrets_providers"]["state"]["salt"]
    sealed = found["resources"][0]["outputs"]["password"]["ciphertext"]
    assert json.loads(Key.opening(salt, THEIRS).open(sealed)) == HUSH
    with pytest.raises(NotPossible):
        Key.opening(salt, settings.STATE_PASSPHRASE)


def test_no_passphrase_and_no_clear_text_is_left_anywhere(
    kept: Pipeline, member: User, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = take_out(member, kept)
    entry = AuditEntry.objects.get(action="pipeline.take_out")
    assert entry.detail == {"version": 1, "state": True}
    told = [caplog.text, repr(entry.detail), *(text.decode() for text in found.values())]
    written = [each.read_text() for each in tmp_path.rglob("*.json")]
    for secret in (THEIRS, HUSH, settings.STATE_PASSPHRASE):
        assert not any(secret in text for text in told + written)


def test_the_credential_stays_here(kept: Pipeline, member: User, connection: Connection) -> None:
    """People leave also when the sealing key is lost."""
    Connection.objects.update(sealed="what no key opens")
    found = take_out(member, kept)
    text = found[f"Pulumi.{kept.slug}.yaml"].decode()
    assert 'aws:region: "eu-west-1"' in text
    assert connection.account in text
    assert "AKIA" not in "".join(each.decode() for each in found.values())


def test_what_is_not_deployed_has_no_state(pipeline: Pipeline, member: User) -> None:
    found = take_out(member, pipeline)
    assert "state.json" not in found
    assert json.loads(found["pipeline.json"])["slug"] == pipeline.slug


def test_the_deployed_version_is_taken_out_and_not_a_later_one(
    kept: Pipeline, member: User
) -> None:
    later = {"kind": "schedule", "cron": "0 9 * * *", "timezone": "Europe/Berlin"}
    pipelines.update(actor=member, pipeline=kept, triggers=[later])
    found = json.loads(take_out(member, kept)["pipeline.json"])
    assert found["natives"] == {"t1": ["cron(0 6 * * ? *) Europe/Berlin"]}


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 1001, " at its ends ", "with\ttabs ok"])
def test_a_passphrase_that_would_not_do_is_refused(
    passphrase: str, kept: Pipeline, member: User
) -> None:
    with pytest.raises(InvalidInput) as caught:
        take_out(member, kept, passphrase)
    assert [each.field for each in caught.value.problems] == ["passphrase"]
    assert not AuditEntry.objects.filter(action="pipeline.take_out").exists()


def test_nothing_is_taken_out_while_it_is_being_deployed(
    kept: Pipeline, member: User, new_deployment: Callable[..., Deployment]
) -> None:
    new_deployment(kept, status="running")
    with pytest.raises(NotPossible, match="under way"):
        take_out(member, kept)


def test_who_may_not_deploy_does_not_leave_with_it_and_an_admin_may(
    kept: Pipeline, member: User, admin: User, stranger: User
) -> None:
    Connection.objects.update(level="run")
    kept.connection.refresh_from_db()
    for person in (member, stranger):
        with pytest.raises(PermissionDenied):
            take_out(person, kept)
        with pytest.raises(PermissionDenied):
            leaving.let_go(actor=person, pipeline=kept, typed=kept.name)
    assert "state.json" in take_out(admin, kept)


# ── Letting go ──────────────────────────────────────────────────────────────────────


def test_letting_go_archives_it_and_leaves_the_cloud_alone(
    kept: Pipeline, member: User, messages: Callable[[], list[Any]]
) -> None:
    leaving.let_go(actor=member, pipeline=kept, typed=f" {kept.name} ")
    assert kept.archived_at
    assert kept.may_exist_in_cloud
    assert kept.sync_due_at is None
    assert messages() == [], "no cloud is asked"
    assert AuditEntry.objects.filter(action="pipeline.let_go", actor=member).count() == 1
    with pytest.raises(NotPossible):
        leaving.let_go(actor=member, pipeline=kept, typed=kept.name)


def test_nothing_is_promised_any_more_and_no_run_is_waited_for(
    kept: Pipeline, member: User
) -> None:
    assert kept.deployed_version is not None
    now = kept.connection.now(kept.created_at)
    promises.deployed(kept, kept.deployed_version, promises.Change(now, now))
    run = Run.objects.create(
        pipeline=kept, cloud_id="r", status="running", cloud_status="Executing", started=now
    )
    leaving.let_go(actor=member, pipeline=kept, typed=kept.name)
    assert not kept.promises.filter(until=None).exists()
    run.refresh_from_db()
    assert "let go" in run.reason


def test_it_wants_the_name_typed(kept: Pipeline, member: User) -> None:
    with pytest.raises(InvalidInput) as caught:
        leaving.let_go(actor=member, pipeline=kept, typed="Chrun")
    assert [each.field for each in caught.value.problems] == ["name"]


def test_what_is_nowhere_is_deleted_instead(pipeline: Pipeline, member: User) -> None:
    with pytest.raises(NotPossible, match="Delete it instead"):
        leaving.let_go(actor=member, pipeline=pipeline, typed=pipeline.name)


def test_it_waits_for_nobody(
    kept: Pipeline, member: User, new_deployment: Callable[..., Deployment]
) -> None:
    new_deployment(kept)
    with pytest.raises(NotPossible, match="under way"):
        leaving.let_go(actor=member, pipeline=kept, typed=kept.name)
