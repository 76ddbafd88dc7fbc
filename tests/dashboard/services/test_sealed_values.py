"""Every sealed value is found, told of, and sealed again with the newest key."""

from __future__ import annotations

import ast
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core import checks
from django.core.management import CommandError, call_command
from django.db.models import Field, TextField
from django.utils import timezone

from dashboard import secrets
from dashboard.models import Connection, Hook, Pipeline, SealedField, User, WorkerHost
from dashboard.services import hooks, sealing, system
from tests.dashboard.conftest import DAILY

ROOT = Path(__file__).resolve().parents[3]
SEALING = ("seal", "seal_text", "reseal")
# Drafts in a person's session, of the sandbox only: without their key they are made again.
PASSING = ("sandbox_set_up.py",)


def key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def hook(new_pipeline: Any, member: User) -> Hook:
    """With a secret of before as well."""
    pipeline: Pipeline = new_pipeline(triggers=[DAILY, {"kind": "webhook"}])
    trigger = pipeline.triggers.get(kind="webhook")
    hooks.rotate(actor=member, trigger=trigger, end_old=False)
    return hooks.rotate(actor=member, trigger=trigger, end_old=False).hook


def rotate_keys(*options: str) -> str:
    said = StringIO()
    call_command("rotate_keys", *options, stdout=said, stderr=said)
    return said.getvalue()


# ── Nothing is forgotten ────────────────────────────────────────────────────────────


def test_whatever_is_called_sealed_is_of_the_kind_that_is_found() -> None:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, Field) and "sealed" in field.name:
                assert isinstance(field, SealedField), f"{model.__name__}.{field.name}"
            if isinstance(field, SealedField):
                assert "sealed" in field.name and not field.editable


def test_whatever_is_sealed_in_code_goes_into_such_a_field() -> None:
    """Each result of sealing is put into an attribute, or a value, of a sealed field's name."""
    fields = {place.field for place in sealing.places()}
    found = 0
    for path in sorted((ROOT / "dashboard").rglob("*.py")):
        if path.name in ("secrets.py", "sealing.py", *PASSING):
            continue
        tree = ast.parse(path.read_text())
        parents = {
            id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
        }
        for node in ast.walk(tree):
            if _seals(node):
                found += 1
                assert _goes_to(node, parents) & fields, f"{path}:{node.lineno}"
    assert found >= 3


def _seals(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SEALING
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "secrets"
    )


def _goes_to(node: ast.AST, parents: dict[int, ast.AST]) -> set[str]:
    """Names of what the statement, or the keyword, that holds this call assigns to."""
    while not isinstance(node, ast.stmt | ast.keyword):
        node = parents[id(node)]
    if isinstance(node, ast.keyword):
        return {node.arg or ""}
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return {
        getattr(inner, "attr", getattr(inner, "id", ""))
        for target in targets if target is not None
        for inner in ast.walk(target)
    }  # fmt: skip


def test_to_migrations_it_is_a_text() -> None:
    for field in (SealedField(), SealedField(blank=True)):
        _, path, _, kwargs = field.deconstruct()
        assert path == "django.db.models.TextField"
        assert TextField(**kwargs).deconstruct()[1:] == field.deconstruct()[1:]


# ── Sealing again ───────────────────────────────────────────────────────────────────


def test_all_is_sealed_again_and_the_old_key_can_go(
    connection: Connection, hook: Hook, settings: Any
) -> None:
    (old,) = settings.SEALING_KEYS
    before = (
        secrets.unseal(connection.sealed),
        *map(secrets.unseal_text, (hook.sealed, hook.sealed_before)),
    )
    settings.SEALING_KEYS = [key(), old]
    said = rotate_keys()
    assert "newest: opens 3." in said and "older: opens 0." in said
    assert "The old key can be removed now" in said
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    connection.refresh_from_db()
    hook.refresh_from_db()
    after = (
        secrets.unseal(connection.sealed),
        *map(secrets.unseal_text, (hook.sealed, hook.sealed_before)),
    )
    assert after == before
    assert "can be removed" not in rotate_keys()


def test_counting_changes_nothing(connection: Connection, settings: Any) -> None:
    settings.SEALING_KEYS = [key(), *settings.SEALING_KEYS]
    assert "older: opens 1." in rotate_keys("--count")
    assert Connection.objects.get().sealed == connection.sealed


def test_what_is_entered_meanwhile_is_kept(
    connection: Connection, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEALING_KEYS = [key(), *settings.SEALING_KEYS]
    entered = secrets.seal_text("entered meanwhile")
    reseal = secrets.reseal

    def meanwhile(sealed: str) -> str:
        Connection.objects.update(sealed=entered)
        return reseal(sealed)

    monkeypatch.setattr(secrets, "reseal", meanwhile)
    rotate_keys()
    assert Connection.objects.get().sealed == entered


def test_a_worker_without_the_new_key_comes_first(connection: Connection, settings: Any) -> None:
    host = WorkerHost.objects.create(
        host="tor", pid=1, started_at=timezone.now(), seen_at=timezone.now(),
        sealing_keys=list(secrets.key_names()),
    )  # fmt: skip
    settings.SEALING_KEYS = [key(), *settings.SEALING_KEYS]
    with pytest.raises(CommandError, match="The worker on tor was started without the newest key"):
        rotate_keys()
    assert Connection.objects.get().sealed == connection.sealed
    WorkerHost.objects.filter(pk=host.pk).update(seen_at=timezone.now() - timedelta(hours=1))
    assert "can be removed now" in rotate_keys()


# ── A missing key ───────────────────────────────────────────────────────────────────


def test_what_no_key_opens_is_named_and_kept(connection: Connection, settings: Any) -> None:
    settings.SEALING_KEYS = [key()]
    with pytest.raises(CommandError, match="connection Sandbox AWS"):
        rotate_keys()
    assert Connection.objects.get().sealed == connection.sealed


def test_a_wrong_key_fails_the_check_with_what_to_do(connection: Connection, settings: Any) -> None:
    assert checks.run_checks(databases=["default"], include_deployment_checks=False) == []
    settings.SEALING_KEYS = [key()]
    (found,) = checks.run_checks(databases=["default"])
    assert found.id == "skyclock.W002"
    assert "connection Sandbox AWS" in found.msg and "Put the key that sealed it back" in found.msg


def test_the_system_page_says_it_before_anybody_meets_it(
    connection: Connection, admin: User, sign_in: Any, settings: Any
) -> None:
    browser = sign_in(admin)
    assert "No sealing key" not in browser.get("/system").content.decode()
    settings.SEALING_KEYS = [key()]
    shown = browser.get("/system").content.decode()
    assert "No sealing key of this installation opens" in shown
    assert f'href="/connections/{connection.pk}"' in shown


def test_older_keys_that_are_needed_are_told_of(connection: Connection, settings: Any) -> None:
    def said() -> system.Part:
        return next(part for part in system.standing().parts if part.name == "Sealing keys")

    assert said().word == "active"
    settings.SEALING_KEYS = [key(), *settings.SEALING_KEYS]
    assert said().word == "waiting" and "rotate_keys" in said().sentence


def test_keys_that_are_none_are_told_of(connection: Connection, settings: Any) -> None:
    settings.SEALING_KEYS = ["short"]
    assert (
        next(part for part in system.standing().parts if part.name == "Sealing keys").word
        == "failed"
    )
    with pytest.raises(CommandError, match="no usable key"):
        rotate_keys()
